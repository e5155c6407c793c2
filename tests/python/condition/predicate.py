import threading

tickets = 0
con = threading.Condition()


def waiter():
    global tickets
    with con:
        while tickets == 0:
            con.wait()
        tickets -= 1


def notifier():
    global tickets
    with con:
        tickets = 4
        con.notify_all()


threads = [threading.Thread(target=waiter) for _ in range(4)] + [threading.Thread(target=notifier)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
