import queue

q = queue.Queue()
for thing in (1, '2', [1, 2, 3]):
    q.put(thing)
print(q.empty())
print(q.full())
print(q.qsize())
for _ in range(3):
    print(q.get())
