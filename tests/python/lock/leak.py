import threading

data = 5
lock = threading.Lock()


def worker():
    global data
    lock.acquire()
    temp = data
    data = temp - 1
    if data == 3:
        raise ValueError('an error in the middle')
    lock.release()


threads = [threading.Thread(target=worker) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
