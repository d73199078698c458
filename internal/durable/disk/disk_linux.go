package disk

import "golang.org/x/sys/unix"

// Of returns what is known of the drive with a folder.
func Of(dir string) Drive {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return Drive{Free: -1}
	}
	d := Drive{Free: int64(st.Bavail) * st.Bsize, ReadOnly: st.Flags&unix.ST_RDONLY != 0}
	switch uint32(st.Type) { // its type differs between platforms
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC,
		unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC, unix.CODA_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC,
		unix.FUSE_SUPER_MAGIC: // sshfs, rclone mount; a local one loses nothing
		d.Network = true
	}
	return d
}
