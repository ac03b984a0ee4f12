//! What is shipped to run the shop elsewhere, as far as it goes without a container engine: well formed, with paths
//! that exist, and configurations with which nothing is wrong.

use std::{
    fs,
    path::{Path, PathBuf},
};

use outgrow_testkit::TestDir;
use yaml_rust2::{Yaml, YamlLoader};

use crate::system::shop;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy")
}

fn compose(folder: &str) -> Yaml {
    let text = fs::read_to_string(deploy().join(folder).join("compose.yaml")).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

/// A field of a service, its own or the one it shares with others.
fn field<'y>(service: &'y Yaml, name: &str) -> &'y Yaml {
    let own = &service[name];
    if own.is_badvalue() { &service["<<"][name] } else { own }
}

#[test]
fn every_path_in_a_compose_file_exists() {
    for folder in ["one", "split"] {
        let (at, file) = (deploy().join(folder), compose(folder));
        for (name, service) in file["services"].as_hash().unwrap() {
            let build = field(service, "build");
            if let Some(context) = build["context"].as_str() {
                let recipe = at.join(context).join(build["dockerfile"].as_str().unwrap());
                assert!(recipe.is_file(), "{name:?}: {}", recipe.display());
            } else {
                assert!(service["image"].as_str().unwrap().contains(':'), "{name:?} has neither");
            }
            let volumes = field(service, "volumes").as_vec().cloned().unwrap_or_default();
            for volume in volumes.iter().filter_map(Yaml::as_str) {
                let source = volume.split(':').next().unwrap();
                let there = if source.starts_with('.') {
                    at.join(source).exists()
                } else {
                    !file["volumes"][source].is_badvalue()
                };
                assert!(there, "{folder}: {source}");
            }
        }
    }
}

#[test]
fn nothing_is_wrong_with_the_configuration_that_is_shipped() {
    let dir = TestDir::new();
    fs::copy(deploy().join("split/outgrow.toml"), dir.join("outgrow.toml")).unwrap();
    let file = compose("split");
    for service in ["main", "stock", "migrate"] {
        let service = &file["services"][service];
        let own = service["environment"].as_hash().into_iter().flatten();
        let shared = field(service, "environment").as_hash().into_iter().flatten();
        let settings = shared.chain(own).filter_map(|(name, value)| Some((name.as_str()?, value.as_str()?)));
        let output = shop().current_dir(dir.path()).arg("check").envs(settings).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let command = service["command"][1].as_str().unwrap_or("main");
        let known =
            String::from_utf8(shop().current_dir(dir.path()).arg("topology").output().unwrap().stdout);
        assert!(known.unwrap().contains(command), "there is no service {command}");
    }
}

#[test]
fn the_image_is_built_with_our_compiler_and_run_by_nobody_in_particular() {
    let recipe = fs::read_to_string(deploy().join("Containerfile")).unwrap();
    let toolchain = fs::read_to_string(deploy().join("../rust-toolchain.toml")).unwrap();
    let version =
        toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    let version = version.rsplit_once('.').unwrap().0;
    assert!(recipe.contains(&format!("/rust:{version}-")), "rust-toolchain.toml says {version}");
    let (_, run) = recipe.rsplit_once("\nFROM ").unwrap();
    let user = run.lines().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert!(user.parse::<u32>().unwrap() > 0, "a number, so that an orchestrator can see it is not root");
    assert!(run.contains("ENTRYPOINT [\"shop\"]"));
}
