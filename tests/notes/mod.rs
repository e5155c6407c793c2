//! The notes' programs, written once in Rust for every runtime: what each gives is the final values of its shared variables.

pub mod executors;
pub mod world;

use std::time::Duration;

use drawloom::{Condition, Delay, Event, JoinHandle, Lock, Queue, Runtime, Semaphore, Timer, Variable};

/// As long as a second in the notes. Real threads have not so much time.
const SECOND: Duration = Duration::from_millis(4);

/// `random()` seconds.
fn a_while<R: Runtime>(rt: &R) -> Delay {
    rt.uniform(0.0, SECOND.as_secs_f64())
}

fn join_all<T: std::fmt::Debug>(threads: impl IntoIterator<Item = impl JoinHandle<T>>) {
    for thread in threads {
        thread.join().expect("no thread of the notes panics");
    }
}

fn countdown<R: Runtime>(rt: &R, threads: u32) -> String {
    let data = rt.variable("data", threads);
    let workers: Vec<_> = (0..threads)
        .map(|i| {
            let data = data.clone();
            rt.spawn(format!("worker-{i}"), move |rt| {
                let temp = data.get();
                rt.sleep(a_while(rt));
                data.set(temp - 1);
            })
        })
        .collect();
    join_all(workers);
    format!("data = {}", data.get())
}

fn locked_countdown<R: Runtime>(rt: &R, threads: u32) -> String {
    let (data, lock) = (rt.variable("data", threads), rt.lock("lock"));
    let workers: Vec<_> = (0..threads)
        .map(|i| {
            let (data, lock) = (data.clone(), lock.clone());
            rt.spawn(format!("worker-{i}"), move |rt| {
                let _held = lock.hold();
                let temp = data.get();
                rt.sleep(a_while(rt));
                data.set(temp - 1);
            })
        })
        .collect();
    join_all(workers);
    format!("data = {}", data.get())
}

/// Program 1.
pub fn lost_update<R: Runtime>(rt: &R) -> String {
    countdown(rt, 5)
}

/// Program 1 with two threads.
pub fn lost_update_two<R: Runtime>(rt: &R) -> String {
    countdown(rt, 2)
}

/// Program 2.
pub fn mutex<R: Runtime>(rt: &R) -> String {
    locked_countdown(rt, 5)
}

/// Program 2 with two threads.
pub fn mutex_two<R: Runtime>(rt: &R) -> String {
    locked_countdown(rt, 2)
}

fn both<R: Runtime>(rt: &R, thread: &str, first: (&impl Lock, &str), second: (&impl Lock, &str)) {
    first.0.acquire();
    rt.print(format!("{thread} 获取到 {} 锁", first.1));
    rt.sleep(a_while(rt));
    second.0.acquire();
    rt.print(format!("{thread} 获取到 {} 锁", second.1));
    second.0.release();
    rt.print(format!("{thread} 释放 {} 锁", second.1));
    first.0.release();
    rt.print(format!("{thread} 释放 {} 锁", first.1));
}

fn two_threads<R: Runtime, L: Lock>(rt: &R, lock_a: &L, lock_b: &L, ordered: bool) -> String {
    let (a, b) = (lock_a.clone(), lock_b.clone());
    let th1 = rt.spawn("线程1", move |rt| both(rt, "线程1", (&a, "A"), (&b, "B")));
    let (a, b) = (lock_a.clone(), lock_b.clone());
    let th2 = rt.spawn("线程2", move |rt| {
        if ordered {
            both(rt, "线程2", (&a, "A"), (&b, "B"));
        } else {
            both(rt, "线程2", (&b, "B"), (&a, "A"));
        }
    });
    join_all([th1, th2]);
    rt.print("子线程执行完毕");
    String::new()
}

/// Program 3.
pub fn opposite_orders<R: Runtime>(rt: &R) -> String {
    two_threads(rt, &rt.lock("lock_a"), &rt.lock("lock_b"), false)
}

/// Program 3, mended.
pub fn same_order<R: Runtime>(rt: &R) -> String {
    two_threads(rt, &rt.lock("lock_a"), &rt.lock("lock_b"), true)
}

/// Program 5: one lock has both names.
pub fn one_rlock<R: Runtime>(rt: &R) -> String {
    let lock = rt.rlock("lock_a");
    two_threads(rt, &lock, &lock, false)
}

/// Program 5 with two locks.
pub fn two_rlocks<R: Runtime>(rt: &R) -> String {
    two_threads(rt, &rt.rlock("lock_a"), &rt.rlock("lock_b"), false)
}

/// Program 5 with a plain lock.
pub fn one_plain_lock<R: Runtime>(rt: &R) -> String {
    let lock = rt.lock("lock_a");
    two_threads(rt, &lock, &lock, false)
}

/// Program 7 with two permits, three threads, and a line for leaving.
pub fn semaphore<R: Runtime>(rt: &R) -> String {
    let sem = rt.semaphore("sem", 2);
    let threads = [0, 1, 2].map(|i| {
        let sem = sem.clone();
        rt.spawn(format!("线程{i}"), move |rt| {
            sem.acquire();
            rt.print(format!("线程{i} 执行"));
            rt.sleep(SECOND * 2);
            rt.print(format!("线程{i} 离开"));
            sem.release();
        })
    });
    join_all(threads);
    rt.print("主线程执行完毕");
    String::new()
}

/// Program 8.
pub fn retry<R: Runtime>(rt: &R) -> String {
    let event = rt.event("event");
    let signal = event.clone();
    let state = rt.spawn("state_th", move |rt| {
        rt.sleep(SECOND * (2 + rt.choice(4)));
        signal.set();
    });
    let connection = rt.spawn("conn_th", move |rt| {
        let mut connect_count = 1;
        loop {
            if event.is_set() {
                return rt.print("连接成功");
            } else if connect_count > 3 {
                return rt.print("连接失败");
            }
            rt.print(format!("第 {connect_count} 次尝试连接, 连接失败"));
            connect_count += 1;
            let _ = event.wait_timeout(SECOND);
        }
    });
    join_all([state, connection]);
    String::new()
}

/// Program 9 with two threads, one of whom is woken.
pub fn notify<R: Runtime>(rt: &R) -> String {
    let con = rt.condition("con");
    let waiters = [0, 1].map(|i| {
        let con = con.clone();
        rt.spawn(format!("线程{i}"), move |rt| {
            con.acquire();
            con.wait();
            rt.print(format!("线程{i} 执行"));
            con.release();
        })
    });
    con.acquire();
    con.notify(1);
    con.release();
    rt.print("主线程结束");
    join_all(waiters);
    String::new()
}

fn tickets<R: Runtime>(rt: &R, waiters: u32) -> String {
    let (con, tickets) = (rt.condition("con"), rt.variable("tickets", 0));
    let mut threads: Vec<_> = (0..waiters)
        .map(|i| {
            let (con, tickets) = (con.clone(), tickets.clone());
            rt.spawn(format!("waiter-{i}"), move |_| {
                let _held = con.hold();
                con.wait_until(|| tickets.get() > 0);
                tickets.set(tickets.get() - 1);
            })
        })
        .collect();
    let left = tickets.clone();
    threads.push(rt.spawn("notifier", move |_| {
        let _held = con.hold();
        tickets.set(waiters);
        con.notify_all();
    }));
    join_all(threads);
    format!("tickets = {}", left.get())
}

/// Program 9 with a predicate.
pub fn predicate<R: Runtime>(rt: &R) -> String {
    tickets(rt, 4)
}

/// Program 9 with a predicate and one who waits for it.
pub fn predicate_one<R: Runtime>(rt: &R) -> String {
    tickets(rt, 1)
}

/// Program 10, and a line of main.
pub fn timer<R: Runtime>(rt: &R) -> String {
    let timer = rt.timer("timer", SECOND, |rt| rt.print("fired"));
    rt.print("started");
    timer.join().expect("it does not panic");
    String::new()
}

fn as_in_python(truth: bool) -> &'static str {
    if truth { "True" } else { "False" }
}

fn put_three<Q: Queue<String>>(queue: &Q) {
    for item in ["1", "2", "[1, 2, 3]"] {
        queue.put(item.to_owned());
    }
}

/// Program 11.
pub fn fifo<R: Runtime>(rt: &R) -> String {
    let q = rt.queue("q", 0);
    put_three(&q);
    rt.print(as_in_python(q.is_empty()));
    rt.print(as_in_python(q.is_full()));
    rt.print(q.len());
    for _ in 0..3 {
        rt.print(q.get());
    }
    String::new()
}

/// Program 12.
pub fn lifo<R: Runtime>(rt: &R) -> String {
    let q = rt.lifo_queue("q", 0);
    put_three(&q);
    for _ in 0..3 {
        rt.print(q.get());
    }
    String::new()
}

/// Program 13.
pub fn priority<R: Runtime>(rt: &R) -> String {
    let q = rt.priority_queue("q", 0);
    for item in [(10, 'a'), (30, 'b'), (20, 'c')] {
        q.put(item);
    }
    for _ in 0..3 {
        let (number, letter) = q.get();
        rt.print(format!("({number}, '{letter}')"));
    }
    String::new()
}

/// Program 24 with threads, two items and two consumers.
pub fn sentinel<R: Runtime>(rt: &R) -> String {
    let queue = rt.queue::<Option<u32>>("queue", 0);
    let mut threads: Vec<_> = (0..2)
        .map(|index| {
            let queue = queue.clone();
            rt.spawn(format!("消费者{index}"), move |rt| {
                while let Some(data) = queue.get() {
                    rt.print(format!("消费者{index} 消费 {data}"));
                }
                rt.print(format!("消费者{index} 结束"));
            })
        })
        .collect();
    threads.push(rt.spawn("生产者", move |rt| {
        for index in [1, 2] {
            rt.sleep(SECOND * rt.choice(3));
            queue.put(Some(index));
            rt.print(format!("生产者 生产 {index}"));
        }
        queue.put(None);
        queue.put(None);
    }));
    join_all(threads);
    String::new()
}

fn indices<R: Runtime>(rt: &R, copied: bool) -> String {
    let (data_index, lock, data_queue) = (rt.variable("data_index", 0), rt.rlock("lock"), rt.queue("data_queue", 0));
    let producers = [1, 2].map(|i| {
        let (data_index, lock, data_queue) = (data_index.clone(), lock.clone(), data_queue.clone());
        rt.spawn(format!("生产者{i}"), move |rt| {
            rt.sleep(SECOND * (1 + rt.choice(10)) / 100);
            lock.acquire();
            data_index.set(data_index.get() + 1);
            let current = if copied { Some(data_index.get()) } else { None };
            lock.release();
            let current = current.unwrap_or_else(|| data_index.get());
            data_queue.put(current);
            rt.print(format!("生产者{i} 生产 {current}"));
            data_queue.join();
        })
    });
    rt.spawn_daemon("消费者1", move |rt| {
        loop {
            let data: u32 = data_queue.get();
            rt.print(format!("消费者1 消费 {data}"));
            data_queue.task_done();
        }
    });
    join_all(producers);
    format!("data_index = {}", data_index.get())
}

/// Program 26 with two producers, one consumer and one item each.
pub fn joinable<R: Runtime>(rt: &R) -> String {
    indices(rt, false)
}

/// Program 26 mended, as small.
pub fn joinable_fixed<R: Runtime>(rt: &R) -> String {
    indices(rt, true)
}
