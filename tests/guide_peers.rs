//! Do shuttle and loom find the mended program of docs/guide.md right as well?

#[path = "guide.rs"]
mod guide;

use drawloom::runtime::loom_kit::Loom;
use drawloom::runtime::shuttle_kit::Shuttle;

#[test]
fn shuttle_and_loom_agree() {
    shuttle::check_random(|| assert_eq!(Shuttle::run(|rt| guide::locked(rt, 4)), 4), 1_000);
    loom::model(|| assert_eq!(Loom::run(|rt| guide::locked(rt, 2)), 2));
}
