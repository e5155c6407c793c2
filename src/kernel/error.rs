//! Which exceptions exist: Python's classes, as far as the primitives and the bodies can raise them.

/// A class of exceptions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names are Python's own")]
pub enum ErrorKind {
    BaseException,
    SystemExit,
    Exception,
    ArithmeticError,
    ZeroDivisionError,
    OverflowError,
    AssertionError,
    AttributeError,
    BrokenBarrierError,
    CancelledError,
    ConnectionError,
    EOFError,
    Empty,
    FileNotFoundError,
    Full,
    LookupError,
    IndexError,
    KeyError,
    NameError,
    OSError,
    UnboundLocalError,
    RuntimeError,
    RecursionError,
    TimeoutError,
    TypeError,
    ValueError,
}

impl ErrorKind {
    /// Every class, in the order of the definition.
    pub const ALL: [ErrorKind; 26] = [
        ErrorKind::BaseException,
        ErrorKind::SystemExit,
        ErrorKind::Exception,
        ErrorKind::ArithmeticError,
        ErrorKind::ZeroDivisionError,
        ErrorKind::OverflowError,
        ErrorKind::AssertionError,
        ErrorKind::AttributeError,
        ErrorKind::BrokenBarrierError,
        ErrorKind::CancelledError,
        ErrorKind::ConnectionError,
        ErrorKind::EOFError,
        ErrorKind::Empty,
        ErrorKind::FileNotFoundError,
        ErrorKind::Full,
        ErrorKind::LookupError,
        ErrorKind::IndexError,
        ErrorKind::KeyError,
        ErrorKind::NameError,
        ErrorKind::OSError,
        ErrorKind::UnboundLocalError,
        ErrorKind::RuntimeError,
        ErrorKind::RecursionError,
        ErrorKind::TimeoutError,
        ErrorKind::TypeError,
        ErrorKind::ValueError,
    ];

    /// The name of the class, as Python writes it.
    pub fn name(self) -> &'static str {
        match self {
            ErrorKind::BaseException => "BaseException",
            ErrorKind::SystemExit => "SystemExit",
            ErrorKind::Exception => "Exception",
            ErrorKind::ArithmeticError => "ArithmeticError",
            ErrorKind::ZeroDivisionError => "ZeroDivisionError",
            ErrorKind::OverflowError => "OverflowError",
            ErrorKind::AssertionError => "AssertionError",
            ErrorKind::AttributeError => "AttributeError",
            ErrorKind::BrokenBarrierError => "BrokenBarrierError",
            ErrorKind::CancelledError => "CancelledError",
            ErrorKind::ConnectionError => "ConnectionError",
            ErrorKind::EOFError => "EOFError",
            ErrorKind::Empty => "Empty",
            ErrorKind::FileNotFoundError => "FileNotFoundError",
            ErrorKind::Full => "Full",
            ErrorKind::LookupError => "LookupError",
            ErrorKind::IndexError => "IndexError",
            ErrorKind::KeyError => "KeyError",
            ErrorKind::NameError => "NameError",
            ErrorKind::OSError => "OSError",
            ErrorKind::UnboundLocalError => "UnboundLocalError",
            ErrorKind::RuntimeError => "RuntimeError",
            ErrorKind::RecursionError => "RecursionError",
            ErrorKind::TimeoutError => "TimeoutError",
            ErrorKind::TypeError => "TypeError",
            ErrorKind::ValueError => "ValueError",
        }
    }

    /// The class with this name.
    pub fn from_name(name: &str) -> Option<ErrorKind> {
        ErrorKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The class this one is derived from.
    pub fn base(self) -> Option<ErrorKind> {
        match self {
            ErrorKind::BaseException => None,
            ErrorKind::SystemExit | ErrorKind::Exception => Some(ErrorKind::BaseException),
            ErrorKind::ZeroDivisionError | ErrorKind::OverflowError => Some(ErrorKind::ArithmeticError),
            ErrorKind::IndexError | ErrorKind::KeyError => Some(ErrorKind::LookupError),
            ErrorKind::UnboundLocalError => Some(ErrorKind::NameError),
            ErrorKind::ConnectionError | ErrorKind::FileNotFoundError | ErrorKind::TimeoutError => Some(ErrorKind::OSError),
            ErrorKind::RecursionError | ErrorKind::BrokenBarrierError => Some(ErrorKind::RuntimeError),
            _ => Some(ErrorKind::Exception),
        }
    }

    /// Whether `except other:` catches an exception of this class.
    pub fn is_a(self, other: ErrorKind) -> bool {
        let mut class = Some(self);
        while let Some(kind) = class {
            if kind == other {
                return true;
            }
            class = kind.base();
        }
        false
    }
}

/// An exception that an operation raises in the thread that asked for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Its class.
    pub kind: ErrorKind,
    /// Its message, as CPython 3.11 words it.
    pub message: &'static str,
}

impl Fault {
    /// An exception with a message.
    pub const fn new(kind: ErrorKind, message: &'static str) -> Fault {
        Fault { kind, message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_found_by_its_name_and_is_a_base_exception() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::from_name(kind.name()), Some(kind));
            assert!(kind.is_a(ErrorKind::BaseException));
        }
        assert!(ErrorKind::KeyError.is_a(ErrorKind::LookupError));
        assert!(!ErrorKind::SystemExit.is_a(ErrorKind::Exception));
        assert_eq!(ErrorKind::from_name("Oops"), None);
    }
}
