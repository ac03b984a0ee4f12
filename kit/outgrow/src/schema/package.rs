//! Which types belong to which package: everything that ports refer to, found by walking their descriptors.

use std::{
    collections::{BTreeMap, BTreeSet},
    ptr,
};

use super::{KERNEL, type_name};
use crate::{
    Money, PortDesc,
    event::{Accepted, Delivery, StreamDesc},
    wire::{CallFailure, Contract, EnumDesc, Greeting, MessageDesc, Shape, Wire as _},
};

/// One package: one `.proto` file.
#[derive(Debug, Default)]
pub(super) struct Package<'a> {
    pub(super) name: &'static str,
    pub(super) ports: Vec<&'a PortDesc>,
    pub(super) streams: Vec<&'a StreamDesc>,
    /// In the order in which a reader meets them.
    pub(super) messages: Vec<&'static MessageDesc>,
    pub(super) enums: Vec<&'static EnumDesc>,
    /// The packages whose types these types use.
    pub(super) uses: BTreeSet<&'static str>,
    /// Whether these types use `google.protobuf.Timestamp`.
    pub(super) timestamp: bool,
    /// What cannot be said in one package.
    pub(super) clashes: Vec<String>,
}

impl Package<'_> {
    /// Whether a type is not here yet. Another type of its name is a clash.
    fn is_new(&mut self, shape: Shape) -> bool {
        let name = type_name(self.name, shape);
        let known = |desc: Shape| type_name(self.name, desc) == name;
        let mut same = self.messages.iter().copied().map(Shape::Message);
        let mut enums = self.enums.iter().copied().map(Shape::Enum);
        let Some(found) = same.find(|desc| known(*desc)).or_else(|| enums.find(|desc| known(*desc))) else {
            return true;
        };
        let is_same = match (found, shape) {
            (Shape::Message(found), Shape::Message(desc)) => ptr::eq(found, desc),
            (Shape::Enum(found), Shape::Enum(desc)) => ptr::eq(found, desc),
            _ => false,
        };
        if !is_same {
            self.clashes.push(format!("{name}: two types have this name; rename one of them"));
        }
        false
    }
}

/// Packages that may use each other's types.
#[derive(Debug, Default)]
pub(super) struct Packages<'a>(BTreeMap<&'static str, Package<'a>>);

impl<'a> Packages<'a> {
    /// The packages of these ports, and of all they use.
    pub(super) fn of(ports: &[&'a PortDesc]) -> Self {
        let mut packages = Self::default();
        for port in ports {
            packages.at(port.package).ports.push(port);
            for method in port.methods {
                for shape in [method.request, method.answer, method.refusal] {
                    packages.add(port.package, shape());
                }
            }
        }
        packages
    }

    /// The same, with these streams and all they tell.
    pub(super) fn and(mut self, streams: impl IntoIterator<Item = &'a StreamDesc>) -> Self {
        let mut kinds = BTreeSet::new();
        for stream in streams {
            for kind in stream.kinds().iter().map(|kind| stream.kind(kind)) {
                if let Some(kind) = kinds.replace(kind) {
                    let clash = format!("{kind}: two events are of this kind; rename one of them");
                    self.at(stream.package).clashes.push(clash);
                }
            }
            self.at(stream.package).streams.push(stream);
            self.add(stream.package, (stream.shape)());
        }
        self
    }

    /// The package that all contracts share.
    pub(super) fn kernel() -> Self {
        Self::with_kernel(&[])
    }

    /// The packages of these ports, of all they use, and the one that all contracts share.
    pub(super) fn with_kernel(ports: &[&'a PortDesc]) -> Self {
        let mut packages = Self::of(ports);
        let calls = [Money::shape(), CallFailure::shape(), Greeting::shape(), Contract::shape()];
        for shape in calls.into_iter().chain([Delivery::shape(), Accepted::shape()]) {
            packages.add(KERNEL, shape);
        }
        packages
    }

    /// The one package of that name.
    pub(super) fn take(mut self, name: &'static str) -> Package<'a> {
        self.0.remove(name).unwrap_or_else(|| Package { name, ..Package::default() })
    }

    /// All packages, what they use before them.
    pub(super) fn dependencies_first(&self) -> Vec<&Package<'a>> {
        let (mut seen, mut ordered) = (BTreeSet::new(), Vec::new());
        for name in self.0.keys() {
            self.visit(name, &mut seen, &mut ordered);
        }
        ordered
    }

    fn visit<'s>(
        &'s self,
        name: &'static str,
        seen: &mut BTreeSet<&'static str>,
        out: &mut Vec<&'s Package<'a>>,
    ) {
        if let Some(package) = self.0.get(name)
            && seen.insert(name)
        {
            for used in &package.uses {
                self.visit(used, seen, out);
            }
            out.push(package);
        }
    }

    fn at(&mut self, name: &'static str) -> &mut Package<'a> {
        self.0.entry(name).or_insert_with(|| Package { name, ..Package::default() })
    }

    /// Adds a type that a type of `package` uses.
    fn add(&mut self, package: &'static str, shape: Shape) {
        match shape {
            Shape::Scalar(_) => {}
            Shape::Timestamp => self.at(package).timestamp = true,
            Shape::Enum(desc) => {
                let home = self.home(package, desc.package);
                if home.is_new(shape) {
                    home.enums.push(desc);
                }
            }
            Shape::Message(desc) => {
                let home = self.home(package, desc.package);
                // A nested message comes with the one it is nested in.
                if desc.parent.is_none() {
                    if !home.is_new(shape) {
                        return;
                    }
                    home.messages.push(desc);
                }
                let home = home.name;
                for field in desc.fields {
                    self.add(home, (field.shape)());
                }
            }
        }
    }

    /// The package a type is of, given that `package` uses it.
    fn home(&mut self, package: &'static str, own: Option<&'static str>) -> &mut Package<'a> {
        match own {
            Some(own) if own != package => {
                self.at(package).uses.insert(own);
                self.at(own)
            }
            _ => self.at(package),
        }
    }
}
