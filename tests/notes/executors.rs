//! The notes' programs with executors and with values of a thread's own, as small as other checkers need them.

use drawloom::{Executors, Future, JoinHandle, Lock, Runtime, Variable};

use crate::notes::{SECOND, a_while, join_all};

/// Program 14 with three threads.
pub fn thread_local<R: Runtime>(rt: &R) -> String {
    let local_data = rt.local("local_data", None);
    let threads = [0, 1, 2].map(|arg| {
        let local_data = local_data.clone();
        rt.spawn(format!("Thread-{}", arg + 1), move |rt| {
            local_data.set(Some(arg));
            rt.print(format!("线程 {} 存数据 : {arg}", rt.thread_name()));
            rt.sleep(SECOND);
            let data = local_data.get().expect("it was set");
            rt.print(format!("线程 {} 取数据 : {data}", rt.thread_name()));
        })
    });
    join_all(threads);
    String::new()
}

/// Program 15 with three threads: one dict for all, changed in one go.
pub fn simulated_local<R: Runtime>(rt: &R) -> String {
    let (lock, data_dict) = (rt.lock("lock"), rt.variable("data_dict", Vec::<(String, u32)>::new()));
    let threads = [0, 1, 2].map(|arg| {
        let (lock, data_dict) = (lock.clone(), data_dict.clone());
        rt.spawn(format!("Thread-{}", arg + 1), move |rt| {
            let me = rt.thread_name();
            {
                let _held = lock.hold();
                let mut dict = data_dict.get();
                dict.push((me.clone(), arg));
                data_dict.set(dict);
            }
            rt.print(format!("线程 {me} 存数据 : {arg}"));
            rt.sleep(SECOND);
            let dict = data_dict.get();
            let (_, data) = dict.iter().find(|(name, _)| *name == me).expect("it was stored");
            rt.print(format!("线程 {me} 取数据 : {data}"));
        })
    });
    join_all(threads);
    let items: Vec<String> = data_dict.get().iter().map(|(name, data)| format!("'{name}': {{'data': {data}}}")).collect();
    format!("data_dict = {{{}}}", items.join(", "))
}

/// Program 16.
pub fn executor_init<R: Runtime>(rt: &R) -> String {
    let _executor = rt.executor("ThreadPoolExecutor-0", 3);
    String::new()
}

/// What the work of programs 17, 19, 20 and 21 is.
fn func<R: Runtime>(rt: &R, data: u32) -> u32 {
    rt.sleep(SECOND);
    rt.print(format!("{} 执行 : {data}", rt.thread_name()));
    data.pow(2)
}

fn pooled<R: Runtime>(rt: &R, workers: u32, items: u32) -> String {
    let executor = rt.executor("ThreadPoolExecutor-0", workers);
    let futures: Vec<_> = (0..items).map(|item| executor.submit(move |rt| func(rt, item))).collect();
    executor.shutdown(true, false);
    rt.print("执行完毕");
    for future in futures {
        rt.print(future.result().expect("the work does not fail"));
    }
    String::new()
}

/// Program 17 with threads, two of them, and three pieces of work.
pub fn two_workers<R: Runtime>(rt: &R) -> String {
    pooled(rt, 2, 3)
}

/// Program 19 with two pieces of work.
pub fn shutdown_two<R: Runtime>(rt: &R) -> String {
    pooled(rt, 5, 2)
}

/// Program 19 with three pieces of work.
pub fn shutdown_three<R: Runtime>(rt: &R) -> String {
    pooled(rt, 5, 3)
}

/// Program 19 with one piece of work.
pub fn shutdown_one<R: Runtime>(rt: &R) -> String {
    pooled(rt, 5, 1)
}

/// Program 18 with two workers and three pieces of work.
pub fn results<R: Runtime>(rt: &R) -> String {
    let executor = rt.executor("ThreadPoolExecutor-0", 2);
    let task = |rt: &R, data: u32| {
        rt.sleep(SECOND * 2);
        data.pow(2)
    };
    let futures: Vec<_> = (0..3).map(|item| executor.submit(move |rt| task(rt, item))).collect();
    for future in futures {
        rt.print(format!("返回数据 : {}", future.result().expect("the work does not fail")));
    }
    String::new()
}

fn mapped<R: Runtime>(rt: &R, items: u32) -> String {
    let executor = rt.executor("ThreadPoolExecutor-0", 5);
    executor.map(0..items, func);
    executor.shutdown(true, false);
    String::new()
}

/// Program 20 with two pieces of work.
pub fn map_two<R: Runtime>(rt: &R) -> String {
    mapped(rt, 2)
}

/// Program 20 with three pieces of work.
pub fn map_three<R: Runtime>(rt: &R) -> String {
    mapped(rt, 3)
}

/// Program 20, but the later the input, the sooner the result.
pub fn map_results<R: Runtime>(rt: &R) -> String {
    let executor = rt.executor("ThreadPoolExecutor-0", 5);
    let results = executor.map(0..3, |rt: &R, data: u32| {
        rt.sleep(SECOND * (3 - data));
        data.pow(2)
    });
    for result in results {
        rt.print(result.expect("the work does not fail"));
    }
    String::new()
}

/// Program 20, but the work fails, and nobody asks.
pub fn map_error<R: Runtime>(rt: &R) -> String {
    let executor = rt.executor("ThreadPoolExecutor-0", 5);
    executor.map(0..3, |rt: &R, data: u32| {
        rt.print(format!("执行 : {data}"));
        // Not by `panic!`, which real threads would report.
        if data == 1 { std::panic::resume_unwind(Box::new("bad item")) } else { data.pow(2) }
    });
    executor.shutdown(true, false);
    String::new()
}

fn told<R: Runtime>(rt: &R, items: u32) -> String {
    let executor = rt.executor("ThreadPoolExecutor-0", 5);
    for item in 0..items {
        executor.submit(move |rt| func(rt, item)).add_done_callback(|rt: &R, data: &Future<R, u32>| {
            let (name, value) = (rt.thread_name(), data.result().expect("the work does not fail"));
            let name = if name == "main" { "MainThread".to_owned() } else { name };
            rt.print(format!("{name} 获取回调的值 : {value}"));
        });
    }
    executor.shutdown(true, false);
    String::new()
}

/// Program 21 with one piece of work.
pub fn callback_one<R: Runtime>(rt: &R) -> String {
    told(rt, 1)
}

/// Program 21 with two pieces of work.
pub fn callback_two<R: Runtime>(rt: &R) -> String {
    told(rt, 2)
}

/// Program 22 with three pages.
pub fn crawl<R: Runtime>(rt: &R) -> String {
    let executor = rt.executor("ThreadPoolExecutor-0", 5);
    for url in ["baidu", "qq", "163"] {
        let future = executor.submit(move |rt| {
            rt.sleep(a_while(rt));
            url.to_owned()
        });
        future.add_done_callback(|rt: &R, url_data: &Future<R, String>| {
            rt.print(url_data.result().expect("the work does not fail"));
        });
    }
    executor.shutdown(true, false);
    String::new()
}

/// Work that waits for work of the only worker.
pub fn nested<R: Runtime>(rt: &R) -> String {
    let executor = rt.executor("ThreadPoolExecutor-0", 1);
    let pool = executor.pool();
    let outer = executor.submit(move |_| pool.submit(|_| 1).result().expect("the work does not fail") + 1);
    rt.print(outer.result().expect("the work does not fail"));
    String::new()
}

/// The value that one thread has put in a dict, and that another with the same number finds there.
pub fn recycled<R: Runtime>(rt: &R) -> String {
    let (data_dict, seen) = (rt.variable("data_dict", None), rt.variable("seen", "None"));
    let stores = data_dict.clone();
    join_all([rt.spawn("th1", move |_| stores.set(Some(1)))]);
    let (looks, finds, ident) = (data_dict.clone(), seen.clone(), 1 + rt.choice(2));
    let second = rt.spawn("th2", move |_| {
        if looks.get() == Some(ident) {
            finds.set("'private'");
        }
    });
    second.join().expect("no thread of the notes panics");
    format!("data_dict = {{1: 'private'}}, seen = {}", seen.get())
}
