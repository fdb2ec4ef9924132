# SPDX-License-Identifier: Apache-2.0
# Go: goroutines, channels, child processes, timers, a panic.
set -u
# time limit: 180 s
export GOCACHE=$PWD/cache GOFLAGS=-mod=mod GO111MODULE=off GOPATH=$PWD/go HOME=$PWD
cat > m.go <<'G'
package main

import ("fmt"; "os"; "os/exec"; "os/signal"; "sync"; "syscall"; "time"; "runtime")

func main() {
	var wg sync.WaitGroup
	ch := make(chan int, 10)
	for i := 0; i < 100; i++ { wg.Add(1); go func(i int) { defer wg.Done(); ch <- i }(i) }
	go func() { wg.Wait(); close(ch) }()
	sum := 0
	for x := range ch { sum += x }
	fmt.Println("sum", sum)
	out, err := exec.Command("sh", "-c", "echo child; exit 2").CombinedOutput()
	fmt.Printf("%q %v\n", out, err)
	c := make(chan os.Signal, 1); signal.Notify(c, syscall.SIGUSR1); syscall.Kill(os.Getpid(), syscall.SIGUSR1); fmt.Println(<-c)
	t := time.NewTicker(time.Millisecond); for i := 0; i < 5; i++ { <-t.C }; t.Stop()
	var p *int
	func() { defer func() { fmt.Println("recovered:", recover()) }(); *p = 1 }()
	os.WriteFile("f", make([]byte, 100000), 0644); st, _ := os.Stat("f"); fmt.Println(st.Size())
	done := make(chan bool); go func() { for i := 0; i < 1e8; i++ { _ = i }; done <- true }(); runtime.Gosched(); <-done
	for i := 0; i < 5; i++ { b := make([][]byte, 1000); for j := range b { b[j] = make([]byte, 1000) }; runtime.GC() }
	panic("end")
}
G
PATH=/usr/lib/go/bin:/usr/bin:/bin; go build -o m m.go && ./m 2>&1 | grep -vE '^(goroutine|\s|main\.|exit|$)'; ./m > /dev/null 2>&1; echo $?
