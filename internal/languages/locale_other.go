//go:build !windows

package languages

func preferred() string { return "" }
