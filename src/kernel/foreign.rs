//! Values of programs that are not scenarios: any Rust data, of which the machine knows only whether it is equal.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// What the machine can do with a value it does not understand.
trait Opaque: Any + Send + Sync {
    fn is_equal(&self, other: &dyn Any) -> bool;
    fn hash_into(&self, hasher: &mut dyn Hasher);
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn is_less(&self, other: &dyn Any) -> Option<bool>;
}

/// A value without an order.
struct Plain<T>(T);

/// A value with an order.
struct Ranked<T>(T);

impl<T: Eq + Hash + fmt::Debug + Send + Sync + 'static> Opaque for Plain<T> {
    fn is_equal(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<Plain<T>>().is_some_and(|other| self.0 == other.0)
    }

    fn hash_into(&self, mut hasher: &mut dyn Hasher) {
        self.0.hash(&mut hasher);
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }

    fn is_less(&self, _: &dyn Any) -> Option<bool> {
        None
    }
}

impl<T: Ord + Hash + fmt::Debug + Send + Sync + 'static> Opaque for Ranked<T> {
    fn is_equal(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<Ranked<T>>().is_some_and(|other| self.0 == other.0)
    }

    fn hash_into(&self, mut hasher: &mut dyn Hasher) {
        self.0.hash(&mut hasher);
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }

    fn is_less(&self, other: &dyn Any) -> Option<bool> {
        other.downcast_ref::<Ranked<T>>().map(|other| self.0 < other.0)
    }
}

/// A value of a program that is not a scenario. Cheap to clone; equal if the types are the same and the values are equal.
#[derive(Clone)]
pub struct Foreign(Arc<dyn Opaque>);

// The values are data and are never changed: a panic leaves none half changed.
impl UnwindSafe for Foreign {}
impl RefUnwindSafe for Foreign {}

impl Foreign {
    /// A value without an order.
    pub fn new<T: Eq + Hash + fmt::Debug + Send + Sync + 'static>(value: T) -> Foreign {
        Foreign(Arc::new(Plain(value)))
    }

    /// A value with an order: an item of a priority queue.
    pub fn ranked<T: Ord + Hash + fmt::Debug + Send + Sync + 'static>(value: T) -> Foreign {
        Foreign(Arc::new(Ranked(value)))
    }

    /// The value, if it is of this type.
    pub fn value<T: 'static>(&self) -> Option<&T> {
        let any: &dyn Any = &*self.0;
        any.downcast_ref::<Plain<T>>().map(|plain| &plain.0).or_else(|| any.downcast_ref::<Ranked<T>>().map(|ranked| &ranked.0))
    }

    /// Whether it is smaller than another; nothing if they have no order.
    pub fn is_less(&self, other: &Foreign) -> Option<bool> {
        self.0.is_less(&*other.0)
    }
}

impl PartialEq for Foreign {
    fn eq(&self, other: &Foreign) -> bool {
        self.0.is_equal(&*other.0)
    }
}

impl Eq for Foreign {}

impl Hash for Foreign {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash_into(state);
    }
}

impl fmt::Debug for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_values_are_equal_if_their_types_and_values_are() {
        assert_eq!(Foreign::new(1_u8), Foreign::new(1_u8));
        assert_ne!(Foreign::new(1_u8), Foreign::new(2_u8));
        assert_ne!(Foreign::new(1_u8), Foreign::new(1_u16));
        assert_eq!(Foreign::new("a").value::<&str>(), Some(&"a"));
        assert_eq!(Foreign::new(1_u8).value::<u16>(), None);
        assert_eq!(Foreign::ranked(1).is_less(&Foreign::ranked(2)), Some(true));
        assert_eq!(Foreign::new(1).is_less(&Foreign::new(2)), None);
        assert_eq!(format!("{:?}", Foreign::new(Some(3))), "Some(3)");
    }
}
