import threading

data = 5
lock = threading.Lock()


def worker():
    global data
    with lock:
        temp = data
        data = temp - 1
        if temp - 1 == 3:
            raise ValueError('an error in the middle')


threads = [threading.Thread(target=worker) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
