# SPDX-License-Identifier: Apache-2.0
# python3: subprocess, threads, multiprocessing, asyncio over socket pairs, ctypes, mmap, sqlite3.
set -u
# time limit: 120 s
cat > t.py <<'P'
import asyncio, ctypes, mmap, multiprocessing, os, queue, select, signal, socket, sqlite3, subprocess, sys, tempfile, threading, time

def square(x):
    return x * x

def sub():
    r = subprocess.run(["sh", "-c", "cat; echo err >&2; exit 3"], input=b"in", capture_output=True)
    print("subprocess", r.returncode, r.stdout, r.stderr)
    p = subprocess.Popen(["sleep", "10"]); p.terminate(); print("terminated", p.wait())
    try:
        subprocess.run(["sleep", "5"], timeout=0.1)
    except subprocess.TimeoutExpired:
        print("timeout")
    try:
        subprocess.run(["/nonexistent"])
    except FileNotFoundError as e:
        print("missing", e.errno)

def threads():
    q, out = queue.Queue(), []
    def work():
        while (x := q.get()) is not None:
            out.append(x * 2)
    ts = [threading.Thread(target=work) for _ in range(8)]
    for t in ts: t.start()
    for i in range(1000): q.put(i)
    for _ in ts: q.put(None)
    for t in ts: t.join()
    print("threads", sum(out))
    c = threading.Condition(); done = []
    def waiter():
        with c:
            done.append(c.wait(5))
    t = threading.Thread(target=waiter); t.start()
    while t.is_alive():
        with c: c.notify_all()
    print("condition", done)

def multi():
    with multiprocessing.Pool(4) as p:
        print("pool", sum(p.map(square, range(100))))
    q = multiprocessing.Queue()
    ps = [multiprocessing.Process(target=q.put, args=(i,)) for i in range(3)]
    for p in ps: p.start()
    print("queue", sorted(q.get() for _ in ps))
    for p in ps: p.join()
    v = multiprocessing.Value("i", 0)
    def add():
        for _ in range(100):
            with v.get_lock(): v.value += 1
    ps = [multiprocessing.get_context("fork").Process(target=add) for _ in range(3)]
    for p in ps: p.start()
    for p in ps: p.join()
    print("value", v.value)

async def aio():
    a, b = socket.socketpair()
    a.setblocking(False); b.setblocking(False)
    loop = asyncio.get_running_loop()
    async def echo():
        while data := await loop.sock_recv(b, 100):
            await loop.sock_sendall(b, data.upper())
    t = asyncio.create_task(echo())
    for i in range(5):
        await loop.sock_sendall(a, b"msg%d" % i)
        print("asyncio", await loop.sock_recv(a, 100))
    a.close(); await t; b.close()
    p = await asyncio.create_subprocess_exec("echo", "child", stdout=subprocess.PIPE)
    print("asyncio", (await p.communicate())[0], p.returncode)
    print("gather", await asyncio.gather(*(asyncio.sleep(0.01 * i, i) for i in range(5))))

def files():
    with tempfile.TemporaryFile() as f:
        f.truncate(8192); m = mmap.mmap(f.fileno(), 8192); m[5:10] = b"hello"; m.flush()
        f.seek(5); print("mmap", f.read(5)); m.close()
    m = mmap.mmap(-1, 4096)
    if os.fork() == 0:
        m[0] = 42; os._exit(0)
    os.wait(); print("shared", m[0])
    db = sqlite3.connect("t.db"); db.execute("create table t (a integer primary key, b text)")
    with db: db.executemany("insert into t (b) values (?)", [(str(i),) for i in range(500)])
    try:
        with db: db.execute("insert into t values (1, 'dup')")
    except sqlite3.IntegrityError as e:
        print("sqlite", e)
    print("sqlite", db.execute("select count(*), sum(a) from t").fetchone(), db.execute("pragma integrity_check").fetchone())

def low():
    libc = ctypes.CDLL(None, use_errno=True)
    print("ctypes", libc.strlen(b"four"), libc.close(-1), ctypes.get_errno())
    got = []
    signal.signal(signal.SIGALRM, lambda s, f: got.append(s)); signal.setitimer(signal.ITIMER_REAL, 0.01)
    while not got: time.sleep(0.005)
    print("signal", got)
    r, w = os.pipe(); ep = select.epoll(); ep.register(r, select.EPOLLIN); print("epoll", ep.poll(0))
    os.write(w, b"x"); print("epoll", len(ep.poll(1)))
    fd = os.memfd_create("m"); os.write(fd, b"abc"); print("memfd", os.pread(fd, 10, 0), os.fstat(fd).st_size)
    print(sorted(os.listdir(".")), os.path.realpath("/proc/self/cwd") == os.getcwd(), os.cpu_count() > 0)

if __name__ == "__main__":
    sub(); threads(); multi(); asyncio.run(aio()); files(); low(); sys.exit(0)
P
/usr/bin/python3 t.py
