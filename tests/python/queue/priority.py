import queue

q = queue.PriorityQueue()
for pair in ((10, 'a'), (30, 'b'), (20, 'c')):
    q.put(pair)
for _ in range(3):
    print(q.get())
