//! Whose the data directory is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::house::{House, payment, service};
use crate::policies::usual;

fn rights(path: &Path) -> u32 {
    fs::symlink_metadata(path)
        .expect("there")
        .permissions()
        .mode()
        & 0o777
}

fn each(dir: &Path, check: &mut dyn FnMut(&Path)) {
    check(dir);
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            each(&path, check);
        } else {
            check(&path);
        }
    }
}

#[tokio::test]
async fn nobody_else_reads_what_a_host_keeps() {
    let house = House::new(&usual());
    house.decided(&service(), &payment("p-1", "27.40")).await;
    let site = house.stop().await;
    let mut seen = 0;
    each(&site.data_dir(), &mut |path| {
        assert_eq!(rights(path) & 0o077, 0, "{}", path.display());
        seen += 1;
    });
    assert!(seen > 10, "{seen} files and directories");
    assert_eq!(rights(&site.data_dir()), 0o700);
    // A directory that others could read is theirs no longer.
    fs::set_permissions(site.data_dir(), fs::Permissions::from_mode(0o755)).expect("its owner's");
    let house = site.start();
    assert_eq!(rights(&house.site.data_dir()), 0o700);
}
