//go:build !windows

package durable

// isBusy reports whether another program has the file open without sharing it:
// on Windows only.
func isBusy(error) bool { return false }
