"""Runs a program as it stands, but hurried and jostled: `python3 prelude.py program.py seed`.

Waits take a random time of a few milliseconds at most, the interpreter changes threads at random intervals, and in some
runs every line of the program, or of the library's modules beneath it too, may be held up. Times are told as `+?`.
Standard output gets whole lines. Standard error gets what else is to be known: `! error` for each thread or process that
an exception ends, `= name value` for the variables when main exits. Lines that `input` reads stand in `# inputs:`.
"""


def prepare(path, seed):
    import atexit, builtins, multiprocessing.process, os, random, sys, threading, time

    chance = random.Random(seed)
    real_sleep, real_wait = time.sleep, threading.Event.wait
    real_run = multiprocessing.process.BaseProcess.run
    os.register_at_fork(after_in_child=lambda: chance.seed(seed * 1_000_003 + os.getpid()))
    longest = chance.choice([0.0, 0.0005, 0.002, 0.005])
    sys.setswitchinterval(10 ** chance.uniform(-6, -2.5))

    def moment():
        return chance.choice([0.0, chance.uniform(0, longest), longest])

    def tell(text):
        os.write(2, (text.replace('\n', ' ') + '\n').encode())

    def failed(kind, value):
        if kind is not SystemExit:
            tell(f'! {kind.__name__}: {value}' if str(value) else f'! {kind.__name__}')

    def run(process):
        try:
            real_run(process)
        except Exception as error:
            failed(type(error), error)
            raise SystemExit(1)

    def asked(prompt='', inputs=iter([])):
        os.write(1, prompt.encode())
        real_sleep(moment())
        line = next(inputs)
        os.write(1, f'{line}\n'.encode())
        return line

    def finals(variables, process=os.getpid()):
        for name, value in list(variables.items()) if os.getpid() == process else []:
            if type(value) in (int, str) and not name.startswith('_'):
                tell(f'= {name} {value!r}')

    with open(path, encoding='utf-8') as file:
        source = file.read()
    inputs = [line.split()[2:] for line in source.splitlines() if line.startswith('# inputs:')]
    builtins.input = lambda prompt='', lines=iter(sum(inputs, [])): asked(prompt, lines)
    builtins.print = lambda *values: os.write(1, (' '.join(map(str, values)) + '\n').encode()) and None
    time.sleep = lambda seconds: real_sleep(moment())
    time.strftime = lambda form: '+?'
    threading.Event.wait = lambda event, timeout=None: real_wait(event, timeout if timeout is None else moment())
    multiprocessing.process.BaseProcess.run = run
    threading.excepthook = lambda fault: failed(fault.exc_type, fault.exc_value)
    sys.excepthook = lambda kind, value, traceback: failed(kind, value)
    if 'concurrent.futures' in source:
        # What becomes of an exception in a callback is logged.
        import logging
        logging.disable(logging.CRITICAL)

    library = {'threading.py', 'queue.py', 'queues.py', 'thread.py', '_base.py', 'synchronize.py', 'process.py'}
    held_up = chance.choice([lambda file: False, lambda file: file == path, lambda file: file == path or os.path.basename(file) in library])
    often = chance.choice([0.02, 0.1, 0.3])

    def trace_line(frame, event, argument):
        if event == 'line' and chance.random() < often:
            real_sleep(chance.uniform(0, 0.0005))
        return trace_line

    def trace(frame, event, argument):
        return trace_line if held_up(frame.f_code.co_filename) else None

    main = sys.modules['__main__'].__dict__
    if main['__name__'] == '__main__':
        main = globals()
    atexit.register(finals, main)
    threading.settrace(trace)
    sys.settrace(trace)
    exec(compile(source, path, 'exec'), main)


import sys
prepare(sys.argv[1], int(sys.argv[2]))
