//! A core module to a component.

use wit_component::ComponentEncoder;

use crate::{BuildError, names, section};

/// The section of the manifest, in the module as in the component.
const MANIFEST: &str = "weft:manifest";

/// Wraps a core module that was compiled with `weft-sdk`, and moves its manifest to where the host reads it.
pub fn componentize(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let (module, manifests) = section::take(module, MANIFEST)?;
    let manifest = manifests.concat();
    match policies(&manifest) {
        0 => return Err(BuildError::NoPolicy),
        1 => {}
        found => return Err(BuildError::SeveralPolicies { found }),
    }
    let module = names::readable(&module)?;
    let wrap = |error: &dyn std::fmt::Display| BuildError::Wrap {
        why: format!("{error:#}"),
    };
    let mut component = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|error| wrap(&error))?;
    section::append(&mut component, MANIFEST, &manifest);
    Ok(component)
}

/// How many manifests the linker put one after the other.
fn policies(manifest: &[u8]) -> usize {
    serde_json::Deserializer::from_slice(manifest)
        .into_iter::<serde::de::IgnoredAny>()
        .count()
}
