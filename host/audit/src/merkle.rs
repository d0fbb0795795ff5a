//! The Merkle tree of RFC 6962, section 2.1, over the exact bytes of records.
//!
//! [`Tree`] grows by one leaf at a time and keeps the right edge only. [`inclusion`] and [`consistency`] make
//! proofs (RFC 9162, sections 2.1.3.1 and 2.1.4.1) from hashes of ranges that the caller computes, and
//! the `verify_` functions check them (sections 2.1.3.2 and 2.1.4.2).

use std::ops::Range;

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256 of a zero byte and the record.
pub fn leaf_hash(record: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0x00])
        .chain_update(record)
        .finalize()
        .into()
}

/// The hash of a node: SHA-256 of a one byte and both children.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([0x01])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// A tree that grows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    /// Roots of the full subtrees, largest first: one for each bit that is set in `size`.
    edge: Vec<Hash>,
}

impl Tree {
    /// How many leaves it has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.edge.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.edge.push(hash);
        self.size += 1;
    }

    /// The tree's head. Of no leaves: the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.edge.iter().rev();
        match subtrees.next() {
            None => Sha256::digest([]).into(),
            Some(last) => subtrees.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The largest power of two below `n`; `n` is at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// A proof that leaf `index` is in the tree of `size` leaves. `hash` computes the head of the tree over a range
/// of leaves. `None` when there is no such leaf.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    mut hash: impl FnMut(Range<u64>) -> Result<Hash, E>,
) -> Result<Option<Vec<Hash>>, E> {
    if index >= size {
        return Ok(None);
    }
    let mut proof = Vec::new();
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(hash(middle..to)?);
            to = middle;
        } else {
            proof.push(hash(from..middle)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(Some(proof))
}

/// A proof that the tree of `size` leaves begins with the tree of `old` leaves. `None` when `old` is not within
/// `1..=size`.
pub fn consistency<E>(
    old: u64,
    size: u64,
    mut hash: impl FnMut(Range<u64>) -> Result<Hash, E>,
) -> Result<Option<Vec<Hash>>, E> {
    if old == 0 || old > size {
        return Ok(None);
    }
    let mut proof = Vec::new();
    let (mut from, mut to) = (0, size);
    while old < to {
        let middle = from + split(to - from);
        if old <= middle {
            proof.push(hash(middle..to)?);
            to = middle;
        } else {
            proof.push(hash(from..middle)?);
            from = middle;
        }
    }
    if from > 0 {
        proof.push(hash(from..to)?);
    }
    proof.reverse();
    Ok(Some(proof))
}

/// Whether `proof` shows that `leaf` is number `index` of the tree with `size` leaves and this root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree of `size` leaves with root `root` begins with the one of `old` leaves with
/// root `old_root`.
pub fn verify_consistency(
    old: u64,
    size: u64,
    proof: &[Hash],
    old_root: &Hash,
    root: &Hash,
) -> bool {
    if old == 0 || old > size {
        return false;
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    let mut path = proof.iter();
    let start = if old.is_power_of_two() {
        Some(old_root)
    } else {
        path.next()
    };
    let Some(start) = start else { return false };
    let (mut at, mut last) = (old - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut hash) = (*start, *start);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_hash = node_hash(sibling, &old_hash);
            hash = node_hash(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && hash == *root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6962, section 2.1, word for word.
    fn naive(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => leaf_hash(one),
            many => {
                let mut k = 1;
                while k * 2 < many.len() {
                    k *= 2;
                }
                node_hash(&naive(&many[..k]), &naive(&many[k..]))
            }
        }
    }

    /// RFC 6962, section 2.1.1.
    fn naive_path(m: usize, leaves: &[Vec<u8>]) -> Vec<Hash> {
        if leaves.len() <= 1 {
            return Vec::new();
        }
        let mut k = 1;
        while k * 2 < leaves.len() {
            k *= 2;
        }
        let (mut path, other) = if m < k {
            (naive_path(m, &leaves[..k]), naive(&leaves[k..]))
        } else {
            (naive_path(m - k, &leaves[k..]), naive(&leaves[..k]))
        };
        path.push(other);
        path
    }

    /// RFC 6962, section 2.1.2.
    fn naive_subproof(m: usize, leaves: &[Vec<u8>], is_known: bool) -> Vec<Hash> {
        if m == leaves.len() {
            return if is_known {
                Vec::new()
            } else {
                vec![naive(leaves)]
            };
        }
        let mut k = 1;
        while k * 2 < leaves.len() {
            k *= 2;
        }
        let (mut proof, other) = if m <= k {
            (
                naive_subproof(m, &leaves[..k], is_known),
                naive(&leaves[k..]),
            )
        } else {
            (
                naive_subproof(m - k, &leaves[k..], false),
                naive(&leaves[..k]),
            )
        };
        proof.push(other);
        proof
    }

    fn range(leaves: &[Vec<u8>]) -> impl Fn(Range<u64>) -> Result<Hash, ()> + '_ {
        |range| Ok(naive(&leaves[range.start as usize..range.end as usize]))
    }

    fn hex(text: &str) -> Hash {
        let bytes = data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .expect("hexadecimal");
        bytes.try_into().expect("32 bytes")
    }

    #[test]
    fn roots_are_those_of_the_published_test_vectors() {
        // From the reference implementation of Certificate Transparency: merkle_tree_test.cc.
        let leaves = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        assert_eq!(
            tree.root(),
            hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        );
        for (leaf, root) in leaves.iter().zip(roots) {
            let leaf = data_encoding::HEXLOWER
                .decode(leaf.as_bytes())
                .expect("hexadecimal");
            tree.push(leaf_hash(&leaf));
            assert_eq!(tree.root(), hex(root));
        }
    }

    proptest! {
        #[test]
        fn tree_and_proofs_equal_the_recursive_definition(
            leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 1..70),
            a in any::<prop::sample::Index>(),
            b in any::<prop::sample::Index>(),
            bit in 0usize..256,
        ) {
            let mut tree = Tree::default();
            for (n, leaf) in leaves.iter().enumerate() {
                tree.push(leaf_hash(leaf));
                prop_assert_eq!(tree.root(), naive(&leaves[..=n]));
            }
            let (size, root) = (tree.size(), tree.root());
            let index = a.index(leaves.len());
            let proof = inclusion(index as u64, size, range(&leaves)).expect("hashes").expect("is a leaf");
            prop_assert_eq!(&proof, &naive_path(index, &leaves));
            let leaf = leaf_hash(&leaves[index]);
            prop_assert!(verify_inclusion(&leaf, index as u64, size, &proof, &root));

            let old = b.index(leaves.len()) + 1;
            let old_root = naive(&leaves[..old]);
            let path = consistency(old as u64, size, range(&leaves)).expect("hashes").expect("in range");
            prop_assert_eq!(&path, &naive_subproof(old, &leaves, true));
            prop_assert!(verify_consistency(old as u64, size, &path, &old_root, &root));

            // One bit anywhere, and neither holds.
            let flip = |hash: &Hash| { let mut h = *hash; h[bit / 8] ^= 1 << (bit % 8); h };
            prop_assert!(!verify_inclusion(&flip(&leaf), index as u64, size, &proof, &root));
            prop_assert!(!verify_inclusion(&leaf, index as u64, size, &proof, &flip(&root)));
            prop_assert!(!verify_consistency(old as u64, size, &path, &flip(&old_root), &root));
            prop_assert!(!verify_consistency(old as u64, size, &path, &old_root, &flip(&root)));
            for at in 0..proof.len() {
                let mut bad = proof.clone();
                bad[at] = flip(&bad[at]);
                prop_assert!(!verify_inclusion(&leaf, index as u64, size, &bad, &root));
            }
            for at in 0..path.len() {
                let mut bad = path.clone();
                bad[at] = flip(&bad[at]);
                prop_assert!(!verify_consistency(old as u64, size, &bad, &old_root, &root));
            }
        }
    }
}
