fn main() {
    let secret = weft_vault::Secret::copy_of("4111");
    let _leaked: &str = secret.expose(|text| text);
}
