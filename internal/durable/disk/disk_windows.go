package disk

import (
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// Of returns what is known of the drive with a folder.
func Of(dir string) Drive {
	d := Drive{Free: -1}
	volume := filepath.VolumeName(dir)
	d.Network = strings.HasPrefix(volume, `\\`)
	root, err := windows.UTF16PtrFromString(volume + `\`)
	if err != nil {
		return d
	}
	d.Network = d.Network || windows.GetDriveType(root) == windows.DRIVE_REMOTE
	var flags uint32
	if windows.GetVolumeInformation(root, nil, 0, nil, nil, &flags, nil, 0) == nil {
		d.ReadOnly = flags&windows.FILE_READ_ONLY_VOLUME != 0
	}
	if name, err := windows.UTF16PtrFromString(dir); err == nil {
		var free uint64
		if windows.GetDiskFreeSpaceEx(name, &free, nil, nil) == nil {
			d.Free = int64(free)
		}
	}
	return d
}
