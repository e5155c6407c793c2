import threading

sem = threading.Semaphore(3)


def work():
    sem.acquire()
    raise ValueError('an error in the middle')


threads = [threading.Thread(target=work) for _ in range(10)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
