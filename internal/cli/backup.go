package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/backup"
	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/library"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/named"
	"github.com/spaces-cli/spaces/internal/spell"
	"github.com/spaces-cli/spaces/internal/terminal"
)

type backupOptions struct {
	target, bandwidth string
	full              bool
	backend           app.BackendFlags

	create  backup.CreateOptions
	restore backup.RestoreOptions
	output  string
	named   bool // the folder to restore to, by output
}

func newBackupCmd(a *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Copy the whole library to a target, check the copy, restore it",
		Long: `Copy the whole library to a target, check the copy, restore it: originals, playable files, titles
and notes, confirmed turns, consent and its evidence, clips, episodes, receipts. TARGET is a name
from the settings or a URL: file:///folder, s3://bucket/folder, webdavs://host/folder or
sftp://host/folder. It must be private. Only changes are sent, and sent files are verified
there. Files are not encrypted. See spaces help topic backup.`,
		Example: `  spaces backup create file:///media/disk/spaces
  spaces backup check file:///media/disk/spaces
  spaces backup restore file:///media/disk/spaces -o ~/Spaces`,
		Args: app.Subcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBackupCreateCmd(a), newBackupCheckCmd(a), newBackupRestoreCmd(a))
	return cmd
}

// command completes a subcommand: its target, and the flags that all have.
func (o *backupOptions) command(a *App, cmd *cobra.Command, run func(context.Context, *backupOptions) error) *cobra.Command {
	cmd.Args, cmd.ValidArgsFunction = app.Takes(1, 1), app.CompleteTargets(a.App)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.target = args[0]
		return run(cmd.Context(), o)
	}
	f := cmd.Flags()
	f.StringVar(&o.bandwidth, "bandwidth", "", "use at most `RATE` bytes per second: 500k, 2M")
	manual.Group(f, "How", "bandwidth")
	o.backend.Add(f, true)
	return cmd
}

func newBackupCreateCmd(a *App) *cobra.Command {
	o := new(backupOptions)
	cmd := &cobra.Command{
		Use:   "create TARGET",
		Short: "Make a backup, or update it",
		Long: `Make a backup of the library at a target, or update it. If the library has changed, the command adds
a snapshot of the whole library; files that the target already has are not sent again. An
interrupted run leaves the earlier snapshots intact, and the next run resumes it. After spaces
people forget, the command removes all earlier snapshots, because they still contain that person.
Two copies of one library cannot share a backup: the command refuses the second copy.`,
		Example: `  spaces backup create file:///media/disk/spaces
  spaces backup create s3://my-private-bucket/spaces --keep 12
  spaces backup create nas --dry-run`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or the target is public", app.ExitPartly: "some files could not be read; they are listed", app.ExitNotFound: "no such target, or no library"}),
	}
	f := cmd.Flags()
	f.IntVar(&o.create.Keep, "keep", 0, "remove all but the latest `N` snapshots")
	f.BoolVar(&o.create.Full, "full", false, "read back all files sent earlier, and replace damaged ones")
	f.BoolVar(&o.create.New, "new", false, "start a new backup where an earlier one is missing")
	f.BoolVar(&o.create.TakeOver, "take-over", false, "continue the backup of another copy of the library, and keep its snapshots")
	f.BoolVar(&o.create.DryRun, "dry-run", false, "show how much would be sent, and send nothing")
	manual.Group(f, "How", "keep", "full", "new", "take-over", "dry-run")
	return o.command(a, cmd, a.backupCreate)
}

func newBackupCheckCmd(a *App) *cobra.Command {
	o := new(backupOptions)
	cmd := &cobra.Command{
		Use:   "check TARGET",
		Short: "Check that a backup is complete",
		Long: `Check that every file of every snapshot is at the target, with its size and, where the target
computes one, its checksum. It needs no library.`,
		Example: `  spaces backup check file:///media/disk/spaces
  spaces backup check nas --full`,
		Annotations: manual.Exits(map[int]string{app.ExitNotFound: "no such target, or no backup there", app.ExitFound: "files are lost or damaged"}),
	}
	f := cmd.Flags()
	f.BoolVar(&o.full, "full", false, "read everything back and compare it")
	manual.Group(f, "How", "full")
	return o.command(a, cmd, a.backupCheck)
}

func newBackupRestoreCmd(a *App) *cobra.Command {
	o := new(backupOptions)
	cmd := &cobra.Command{
		Use:   "restore TARGET",
		Short: "Restore a library from a backup",
		Long: `Restore a library from the latest snapshot of a backup, in a folder that is empty or does not exist.
Every file is compared with its SHA-256, and the library is verified before the folder gets its name.
The next run resumes an interrupted one. Without -o, the folder is that of the library, ~/Spaces.`,
		Example: `  spaces backup restore file:///media/disk/spaces
  spaces backup restore nas -o ~/Restored --dry-run`,
		Annotations: manual.Exits(map[int]string{app.ExitUsage: "wrong usage, or the folder is not empty",
			app.ExitNotFound: "no such target, backup or snapshot", app.ExitPartly: "restored without files that are lost in the backup; they are listed", app.ExitFound: "restored, but the library has problems"}),
	}
	f := cmd.Flags()
	f.StringVarP(&o.output, "output", "o", "", "`DIR`: folder of the restored library")
	f.StringVar(&o.restore.Snapshot, "snapshot", "", "`NAME`: restore this snapshot; spaces backup check --json lists the names")
	f.BoolVar(&o.restore.Partial, "partial", false, "restore the rest if files of the backup are lost or damaged")
	f.BoolVar(&o.restore.DryRun, "dry-run", false, "show what would be restored, and write nothing")
	manual.Group(f, "What", "output", "snapshot", "partial", "dry-run")
	return o.command(a, cmd, a.backupRestore)
}

// openBackup opens the backup at a target. The caller closes the target.
func (a *App) openBackup(o *backupOptions, bar *terminal.Bar) (*backup.Backup, *named.Target, error) {
	t, err := a.Target(o.target)
	if err != nil {
		return nil, nil, err
	}
	if err := o.backend.Apply(t); err != nil {
		return nil, nil, err
	}
	bandwidth, err := app.ParseSize("--bandwidth", o.bandwidth)
	if err != nil {
		return nil, nil, err
	}
	target, err := a.OpenTarget(t, a.WireOptions(bandwidth))
	if err != nil {
		return nil, nil, err
	}
	b := &backup.Backup{
		Target: target, Name: t.Name, Public: t.Is.Public || t.BaseURL != "", Jobs: app.UploadJobs, Wait: a.Settings.LockWait, Version: a.Version, Now: a.Now,
		Progress: bar, Again: func(err error) { a.Warn("%v; sending it again", err) },
	}
	if a.Settings.Jobs > 0 {
		b.Jobs = a.Settings.Jobs
	}
	return b, t, nil
}

// backupError gives the errors of backups their codes and hints.
func backupError(err error, o *backupOptions, t *named.Target) error {
	target := app.Quoted(o.target)
	for _, k := range []struct {
		err        error
		code       int
		kind, hint string
	}{
		{backup.ErrPublic, app.ExitUsage, "public", "a backup contains everything: make the target private, or choose another one"},
		{backup.ErrPublished, app.ExitUsage, "public", "choose a place that nobody else can read"},
		{backup.ErrInside, app.ExitUsage, "usage", "choose a folder outside the library, on another disk"},
		{backup.ErrGone, app.ExitNotFound, "no-backup", "connect the disk, or start a new backup: spaces backup create " + target + " --new"},
		{backup.ErrNone, app.ExitNotFound, "no-backup", "make a backup: spaces backup create " + target},
		{backup.ErrNoSnapshot, app.ExitNotFound, "no-snapshot", "list the snapshots: spaces backup check " + target + " --json"},
		{backup.ErrOther, app.ExitUsage, "other-library", "choose another folder at the target"},
		{backup.ErrCopy, app.ExitUsage, "other-copy", "choose another folder for this library, or continue here and keep those snapshots: spaces backup create " + target + " --take-over"},
		{backup.ErrReplaced, app.ExitUsage, "other-library", "connect the other disk, or choose another folder at the target"},
		{backup.ErrMeanwhile, app.ExitFailed, "other-copy", "wait for the other program, then run the same command again"},
		{backup.ErrUnsettled, app.ExitFailed, "locked", "wait for the other program, or finish the interrupted change: spaces reindex"},
		{backup.ErrNewer, app.ExitFailed, "newer-version", "use the newer version of spaces for this backup"},
		{backup.ErrHead, app.ExitFailed, "broken-backup", "restore a snapshot by its name, that of a file in the folder manifests: spaces backup restore " + target + " --snapshot NAME"},
		{backup.ErrFixed, app.ExitUsage, "not-empty", "nothing was restored; name a new folder in it with -o DIR"},
		{backup.ErrSameName, app.ExitFailed, "same-name", "choose a folder on a case-sensitive disk with -o DIR"},
		{backup.ErrBroken, app.ExitFailed, "broken-backup", "list the damaged files: spaces backup check " + target + " --full"},
		{backup.ErrTaken, app.ExitUsage, "not-empty", "nothing was restored; name an empty or new folder with -o DIR"},
		{backup.ErrForeign, app.ExitUsage, "not-empty", "nothing was restored; move it away, or name another folder with -o DIR"},
		{publish.ErrMismatch, app.ExitFailed, "mismatch", "run the same command again; the earlier snapshots are intact"},
		{publish.ErrDiffers, app.ExitFailed, "differs", "find the program that also writes to the target: " + target},
		{backup.ErrRestoring, app.ExitFailed, "locked", app.WaitLonger},
	} {
		if errors.Is(err, k.err) {
			return app.Fail(k.code, k.kind, k.hint, err)
		}
	}
	return app.UploadError(err, t)
}

func (a *App) backupCreate(ctx context.Context, o *backupOptions) error {
	if o.create.Keep < 0 {
		return app.Usage("--keep must be 1 or more")
	}
	if o.create.Keep > 0 && o.create.TakeOver {
		return app.Hinted(app.Usage("--take-over removes no snapshots and cannot be combined with --keep"), "leave out --keep this time")
	}
	bar := a.NewBar("backing up", terminal.Phase{Name: backup.Reading, Weight: 1}, terminal.Phase{Name: backup.Sending, Weight: 4}).CountBytes()
	b, t, err := a.openBackup(o, bar)
	if err != nil {
		return err
	}
	defer b.Target.Close()
	public, err := a.Targets().Public()
	if err != nil {
		return a.TargetError(err)
	}
	for _, p := range public {
		b.Shown = append(b.Shown, backup.Shown{Name: p.Name, Place: p.Place()})
	}
	lib, err := a.OpenLibrary(ctx)
	if err != nil {
		return err
	}
	defer lib.Close()
	b.Library = lib
	r, err := b.Create(ctx, o.create)
	bar.Close()
	if err != nil {
		return backupError(err, o, t)
	}
	for _, name := range r.Odd {
		a.Warn("%s is not in the backup, because it is not a regular file or its name is not UTF-8", name)
	}
	for _, name := range r.Unreadable {
		a.Warn("the snapshot %s cannot be read, so no file of an earlier snapshot was removed; check the backup: spaces backup check %s", name, o.target)
	}
	for _, name := range r.Damaged {
		a.Warn("the snapshot %s was removed, but its list of files is damaged: files that only this snapshot used are still at the target", name)
	}
	for _, name := range r.Held {
		a.Warn("the snapshot %s was kept, because it may be the only one with files that are missing, changed or unreadable here: spaces verify", name)
	}
	if lost := r.Losses.String(); lost != "" {
		a.Warn("%s: spaces verify", lost)
	}
	if a.Settings.JSON {
		err = app.WriteJSON(a.Out, struct {
			Schema int `json:"schema"`
			*backup.Result
			Done bool `json:"done"`
		}{space.Schema, r, !o.create.DryRun})
	} else {
		a.tellCreated(o, r)
	}
	return cmp.Or(err, a.unread(r.Unread))
}

// unread is the error of a backup of a library that could not be read as a whole.
func (a *App) unread(list []backup.Unread) error {
	if len(list) == 0 {
		return nil
	}
	for _, u := range list {
		how := "not in the backup"
		if u.Kept {
			how = "the backup keeps it as the last snapshot has it"
		}
		a.PrintFailure(fmt.Errorf("cannot read %s: %w; %s", u.Path, u.Err, how))
	}
	return app.Fail(app.ExitPartly, "unreadable", "the disk may be failing: copy what can still be read, and do not remove earlier snapshots",
		fmt.Errorf("%s not be read", spell.Plural(len(list), "file or folder could", "files or folders could")))
}

// tellCreated tells what a run did.
func (a *App) tellCreated(o *backupOptions, r *backup.Result) {
	sent := "sent"
	if o.create.DryRun {
		sent = "would be sent"
	}
	fmt.Fprintf(a.Out, "%s, %s: %d %s (%s), %d already at %s\n", spell.Count(r.Files, "file"), spell.Size(r.Bytes), r.New, sent, spell.Size(r.NewBytes), r.Kept, terminal.Safe(r.Place))
	switch {
	case o.create.DryRun:
		return
	case r.Same:
		a.Say("Nothing has changed since the snapshot %s", r.Snapshot)
	default:
		a.Say("Added the snapshot %s", r.Snapshot)
	}
	if r.TakenOver {
		a.Say("The earlier snapshots belong to another copy of the library. They stay until --keep removes them")
	}
	if r.Holding {
		a.Warn("the earlier snapshots may contain people whom you have forgotten, and the next run removes these snapshots; to keep their other files, restore them first: spaces backup restore %s -o DIR --snapshot NAME", o.target)
	}
	if n := len(r.Dropped); len(r.Unreadable) > 0 {
		return
	} else if r.Forgotten {
		a.Say("Removed %s that still contained a forgotten person", spell.Count(n, "earlier snapshot"))
	} else if n > 0 {
		a.Say("Removed %s", spell.Count(n, "earlier snapshot"))
	}
}

func (a *App) backupCheck(ctx context.Context, o *backupOptions) error {
	bar := a.NewBar("checking").CountBytes()
	b, t, err := a.openBackup(o, bar)
	if err != nil {
		return err
	}
	defer b.Target.Close()
	options := a.LibraryOptions()
	options.Warn = nil
	if lib, err := library.Open(ctx, options); err == nil { // a backup can be checked without one
		defer lib.Close()
		b.Library = lib
	}
	var broken error // writing what was found
	c, err := b.Check(ctx, o.full, func(f backup.Finding) {
		bar.Close()
		if a.Settings.JSON {
			broken = errors.Join(broken, app.WriteJSON(a.Out, struct {
				Schema int    `json:"schema"`
				Type   string `json:"type"`
				backup.Finding
			}{space.Schema, "finding", f}))
			return
		}
		fmt.Fprintf(a.Out, "%-8s %s: %s\n", f.Kind, terminal.Safe(f.Object), terminal.Safe(f.Message))
		if f.Path != "" {
			fmt.Fprintf(a.Out, "         %s\n", terminal.Safe(f.Path))
		}
	})
	bar.Close()
	if err = errors.Join(err, broken); err != nil {
		return backupError(err, o, t)
	}
	if a.Settings.JSON {
		err = app.WriteJSON(a.Out, struct {
			Schema int    `json:"schema"`
			Type   string `json:"type"`
			*backup.Checked
		}{space.Schema, "summary", c})
	} else {
		last := c.Newest()
		result := fmt.Sprintf("Checked %s, %s: %s", spell.Count(c.Objects, "object"), spell.Size(c.Bytes), spell.Count(c.Findings, "finding"))
		if c.Findings == 0 && !o.full {
			result = fmt.Sprintf("All %s are there and their sizes are right. Their content was not read: --full reads it", spell.Count(c.Objects, "file"))
		}
		_, err = fmt.Fprintf(a.Out, "%s, the latest of %s: %s, %s\n%s\n", spell.Count(len(c.Snapshots), "snapshot"), a.day(last.At),
			spell.Count(last.Files, "file"), spell.Size(last.Bytes), result)
	}
	again, flag := "spaces backup create "+app.Quoted(o.target), ""
	switch {
	case errors.Is(c.Refusal, backup.ErrCopy):
		flag = " --take-over"
	case c.Refusal != nil:
		again = "spaces --library DIR backup create " + app.Quoted(o.target)
	}
	if c.Unfinished {
		a.Say("The last run was interrupted. To finish it: %s", again+flag)
	}
	if err == nil && c.Findings > 0 {
		hint := "send the files again while the library is intact: " + again + " --full"
		switch {
		case flag != "":
			hint = "another copy of the library made the latest snapshot; to send the files again from this copy, and keep the snapshots: " + again + flag + " --full"
		case c.Refusal != nil:
			hint = "send the files again from the library that this backup belongs to: " + again + " --full"
		}
		return app.Fail(app.ExitFound, "findings", hint,
			fmt.Errorf("%s not as it should be", spell.Plural(c.Findings, "thing is", "things are")))
	}
	return err
}

// withoutDamaged is the hint where files of a backup are lost or damaged: how to
// restore the others.
func (o *backupOptions) withoutDamaged() string {
	again := "spaces backup restore " + app.Quoted(o.target)
	if o.named {
		again += " -o " + app.Quoted(o.output)
	}
	if o.restore.Snapshot != "" {
		again += " --snapshot " + app.Quoted(o.restore.Snapshot)
	}
	hint := "restore another snapshot with --snapshot NAME, or everything except the damaged files: " + again + " --partial"
	if part := filepath.Clean(o.output) + ".partial"; !isMissing(part) {
		hint += "; the files restored so far are in " + part + ", and the next run resumes there"
	}
	return hint
}

// sayNotRestored says what no backup contains, and how the library is used.
func (a *App) sayNotRestored(dir string) {
	text := "Settings and targets are not in a backup"
	if own, err := filepath.Abs(a.Settings.Library); err != nil || own != dir {
		text += ". Next: spaces config set library " + app.Quoted(dir)
	}
	a.Say("%s", text)
}

func (a *App) backupRestore(ctx context.Context, o *backupOptions) error {
	o.named = o.output != ""
	o.output = cmp.Or(o.output, a.Settings.Library)
	if o.output == "" {
		return library.ErrNoFolder
	}
	bar := a.NewBar("restoring", terminal.Phase{Name: backup.Fetching, Weight: 4}, terminal.Phase{Name: backup.Verifying, Weight: 1}).CountBytes()
	b, t, err := a.openBackup(o, bar)
	if err != nil {
		return err
	}
	defer b.Target.Close()
	var found []library.Finding
	r, err := b.Restore(ctx, o.output, o.restore, func(f library.Finding) { found = append(found, f) })
	bar.Close()
	if errors.Is(err, backup.ErrBroken) && !errors.Is(err, backup.ErrHead) && !o.restore.Partial {
		return app.Fail(app.ExitFailed, "broken-backup", o.withoutDamaged(), err)
	}
	if err != nil {
		return backupError(err, o, t)
	}
	for _, f := range found {
		if !slices.Contains(r.Lost, f.Path) { // which are listed below
			a.Warn("%s: %s: %s", f.Kind, f.Path, f.Message)
		}
	}
	if a.Settings.JSON {
		err = app.WriteJSON(a.Out, struct {
			Schema int `json:"schema"`
			*backup.Restored
			Done bool `json:"done"`
		}{space.Schema, r, !o.restore.DryRun})
	} else {
		what := "Restored " + spell.Count(r.Recordings, "Space") + " to"
		if o.restore.DryRun {
			what = "Would restore to"
		}
		missing := ""
		if n := len(r.Lost); n > 0 {
			missing = "; " + spell.Plural(n, "file is", "files are") + " missing"
		}
		_, err = fmt.Fprintf(a.Out, "%s %s: %s, %s, as of %s%s\n", what, terminal.Safe(a.ShortenHome(r.Dir)), spell.Count(r.Files, "file"), spell.Size(r.Bytes), a.day(r.At), missing)
		if !o.restore.DryRun {
			a.sayNotRestored(r.Dir)
		}
	}
	for _, name := range r.Lost {
		a.PrintFailure(fmt.Errorf("%s is lost or damaged in the backup", name))
	}
	if err == nil && len(r.Lost) > 0 {
		return app.Fail(app.ExitPartly, "not-restored", "look for them in an earlier snapshot: spaces backup restore "+app.Quoted(o.target)+" --snapshot NAME -o DIR",
			fmt.Errorf("%s not restored", spell.Plural(len(r.Lost), "file was", "files were")))
	}
	if err == nil && r.Findings > 0 {
		return app.Fail(app.ExitFound, "findings", "the library had these problems when the backup was made; extract the archives again to repair it: spaces extract ARCHIVE.zip",
			fmt.Errorf("%s not as it should be", spell.Plural(r.Findings, "thing is", "things are")))
	}
	return err
}
