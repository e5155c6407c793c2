import queue

q = queue.LifoQueue()
for thing in (1, '2', [1, 2, 3]):
    q.put(thing)
for _ in range(3):
    print(q.get())
