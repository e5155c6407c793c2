import threading

con = threading.Condition()


def waiter():
    con.acquire()
    con.wait()
    con.release()


def notifier():
    con.acquire()
    con.notify()
    con.release()


threads = [threading.Thread(target=waiter), threading.Thread(target=notifier)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
