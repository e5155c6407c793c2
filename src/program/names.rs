//! What objects and functions are called when they are printed.

use crate::kernel::object::Declaration;
use crate::kernel::value::ObjectId;
use crate::program::bytecode::Code;
use crate::program::writing::Naming;

/// The names of a program's objects and functions.
#[derive(Clone, Debug)]
pub struct Names {
    objects: Vec<String>,
    functions: Vec<String>,
}

impl Names {
    /// The names in these declarations and this code.
    pub fn new(objects: &[Declaration], code: &Code) -> Names {
        let described = |declaration: &Declaration| format!("<{} {}>", declaration.kind.name(), declaration.name);
        Names {
            objects: objects.iter().map(described).collect(),
            functions: code.functions.iter().map(|function| format!("<function {}>", function.name)).collect(),
        }
    }
}

impl Naming for Names {
    fn object(&self, object: ObjectId) -> String {
        self.objects[object.index()].clone()
    }

    fn function(&self, function: u16) -> String {
        self.functions[function as usize].clone()
    }
}
