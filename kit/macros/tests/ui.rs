//! Mistakes in a contract are compile errors that say what to do.
//!
//! Each file in `ui/` is a contract with one mistake, beside it what the compiler says.
//! `TRYBUILD=overwrite cargo test -p outgrow-macros --test ui` writes that anew; read it before you commit it.

#[test]
fn a_mistake_in_a_contract_is_a_compile_error_that_says_what_to_do() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
