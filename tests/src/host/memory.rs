//! What is in the memory of a running host.

use std::fs;
use std::os::unix::fs::FileExt;

use super::Host;

/// Larger mappings are address space that is set aside for plugins' memories.
const MAX_MAPPING_BYTES: u64 = 256 << 20;
/// A page that nobody may touch ends a thread's stack (pthread_attr_setguardsize(3)).
const GUARD_BYTES: u64 = 4 << 10;
/// A thread has at most so much of it, where nobody asks for more.
const MAX_STACK_BYTES: u64 = 8 << 20;

/// A line of `/proc/PID/maps` (proc_pid_maps(5)).
#[derive(Clone, Copy)]
struct Map<'a> {
    from: u64,
    to: u64,
    rights: &'a str,
    name: &'a str,
    is_stack: bool,
}

impl Map<'_> {
    fn of<'a>(line: &'a str, before: Option<Map<'_>>) -> Option<Map<'a>> {
        let mut words = line.split(' ');
        let (from, to) = words.next()?.split_once('-')?;
        let address = |text| u64::from_str_radix(text, 16).ok();
        let (from, to) = (address(from)?, address(to)?);
        let rights = words.next()?;
        let name = line.rsplit(' ').next()?;
        let is_guarded = before.is_some_and(|guard| {
            guard.to == from && guard.to - guard.from == GUARD_BYTES && guard.rights == "---p"
        });
        Some(Map {
            from,
            to,
            rights,
            name,
            is_stack: is_guarded && to - from <= MAX_STACK_BYTES || name == "[stack]",
        })
    }
}

impl Host {
    /// What a core file of it would have: the memory that it may write, by place. Nothing where the system lets
    /// nobody look, which it says past the test runner's capture.
    pub fn memory(&self) -> Vec<(String, Vec<u8>)> {
        self.mapped(|_| true)
    }

    /// The stacks of its threads, each as deep as it was ever used.
    pub fn stacks(&self) -> Vec<(String, Vec<u8>)> {
        let mut stacks = self.mapped(|map| map.is_stack);
        for (_, bytes) in &mut stacks {
            let unused = bytes.iter().take_while(|byte| **byte == 0).count();
            bytes.drain(..unused);
        }
        stacks
    }

    fn mapped(&self, wanted: impl Fn(&Map<'_>) -> bool) -> Vec<(String, Vec<u8>)> {
        let of_process = format!("/proc/{}", self.process().as_raw_nonzero());
        let opened = fs::File::open(format!("{of_process}/mem"));
        let maps = fs::read_to_string(format!("{of_process}/maps"));
        let (Ok(memory), Ok(maps)) = (opened, maps) else {
            let line = "left out: the memory of the host; only the superuser sees it\n";
            let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
            return Vec::new();
        };
        let mut before = None;
        let maps = maps.lines().filter_map(|line| {
            let map = Map::of(line, before)?;
            before = Some(map);
            Some(map)
        });
        let read = |map: Map<'_>| {
            let size = usize::try_from(map.to - map.from).ok()?;
            let mut bytes = vec![0; size];
            memory.read_exact_at(&mut bytes, map.from).ok()?;
            let Map { from, to, name, .. } = map;
            Some((format!("memory {from:x}-{to:x} {name}"), bytes))
        };
        let may_write =
            |map: &Map<'_>| map.rights.starts_with("rw") && map.to - map.from <= MAX_MAPPING_BYTES;
        maps.filter(|map| may_write(map) && wanted(map))
            .filter_map(read)
            .collect()
    }
}
