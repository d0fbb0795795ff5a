fn main() {
    let keys = weft_vault::Keys::open_or_create(std::path::Path::new("keys")).expect("keys");
    let _ = format!("{keys:?}");
}
