fn main() {
    let secret = weft_vault::Secret::copy_of("4111");
    let _: &str = &secret;
}
