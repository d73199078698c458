//go:build !linux && !darwin && !windows

package database

// onNetwork reports whether a folder lies on a network drive. Here nobody
// tells, and the slower journal is right on every drive.
func onNetwork(string) bool { return true }
