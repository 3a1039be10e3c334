// Command probe runs inside the image's files and says what it may do there:
// it must be the given user, may write /data, and nothing else.
package main

import (
	"fmt"
	"os"
)

func main() {
	if user := fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()); user != os.Args[1] {
		fmt.Printf("runs as %s\n", user)
		os.Exit(1)
	}
	for _, name := range []string{"/x", "/etc/x", "/usr/local/bin/x", "/tmp/x", "/etc/passwd", "/usr/local/bin/coolant"} {
		if f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			f.Close()
			fmt.Printf("may write %s\n", name)
			os.Exit(1)
		}
	}
	if err := os.WriteFile("/data/probe", nil, 0o600); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	if err := os.Remove("/data/probe"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ok")
}
