package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/extract"
	"github.com/spaces-cli/spaces/internal/library/space"
	"github.com/spaces-cli/spaces/internal/manual"
	"github.com/spaces-cli/spaces/internal/publish"
	"github.com/spaces-cli/spaces/internal/publish/wire"
	"github.com/spaces-cli/spaces/internal/studio"
)

type studioOptions struct {
	addr    string
	open    bool
	network bool
}

func newStudioCmd(a *App) *cobra.Command {
	var o studioOptions
	cmd := &cobra.Command{
		Use:   "studio",
		Short: "Listen, cut and edit in the browser",
		Long: `Serve a page to your browser: the library and, for each recording, the waveform, speaking turns,
clips and moments. Drop archives and recordings on the page to add them. Listen from any position,
drag to select, save clips, export episodes, edit titles and notes, remove and restore. Nothing
leaves this computer, and nothing is loaded from elsewhere, except from an address that you add.
The address of the page contains a secret. Do not share it: anybody who has it can use the page
until you end the program with Ctrl-C.`,
		Example: `  spaces studio --open
  spaces studio --addr 127.0.0.1:8080`,
		Annotations: manual.Exits(map[int]string{app.ExitDone: "ended with Ctrl-C", app.ExitUsage: "wrong usage, or other computers could reach ADDRESS"}),
		Args:        app.Takes(0, 0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.studio(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&o.open, "open", false, "open the page in the browser")
	f.StringVar(&o.addr, "addr", "127.0.0.1:0", "listen on `ADDRESS`; port 0 chooses a free port")
	f.BoolVar(&o.network, "allow-network", false, "allow an ADDRESS that other computers can reach; nothing is encrypted")
	manual.Group(f, "Page", "open", "addr", "allow-network")
	return cmd
}

// studio runs the command.
func (a *App) studio(ctx context.Context, o studioOptions) error {
	addr, err := o.address()
	if err != nil {
		return err
	}
	// Exports hold minutes of samples: see export.
	const garbage = 50
	defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	lib, err := a.OpenLibrary(ctx) // for what it tells of the library
	switch {
	case err == nil:
		lib.Close()
	case app.IsNoLibrary(err):
		a.Say("%s contains no library yet; the page explains how to begin", a.ShortenHome(a.Settings.Library))
	default:
		return err
	}
	l, err := net.Listen("tcp", addr.String())
	if err != nil {
		return app.Hinted(err, "choose another address, or let the system choose the port: --addr 127.0.0.1:0")
	}
	defer l.Close()
	options := studio.Options{Library: a.LibraryOptions(), Zone: a.Zone, Jobs: a.jobs(), Consent: a.Settings.Consent, Me: a.Settings.Me, Network: o.network,
		Wire: a.WireOptions(0), Stored: a.openStoredUnasked}
	options.Presets, options.Episode = a.studioPresets, a.studioEpisode
	options.Look, options.Dress, options.KeepLook = a.look, a.dress, a.keepLook
	options.Wire.Retried = nil // the terminal is not where the page is looked at
	if options.Library.Dir != filepath.Join(a.Home, "Spaces") {
		options.LibraryFlag = options.Library.Dir
	}
	server, err := studio.New(ctx, l, options)
	if err != nil {
		return err
	}
	if err := a.printStudio(server.URL()); err != nil {
		return err
	}
	if !addr.Addr().IsLoopback() {
		a.Warn("other computers can reach this page, and nothing is encrypted: anybody who knows the address can listen, edit, and remove recordings")
	}
	a.Say("Press Ctrl-C to end it")
	served, opened := make(chan error, 1), make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	if o.open {
		// Meanwhile: what opens the browser may end only with it.
		go func() { opened <- a.Start(server.URLOnce()) }()
	}
	for {
		select {
		case err := <-opened:
			if err != nil {
				a.Warn("cannot open the browser: %v", err)
			}
		case err := <-served:
			if err == nil {
				a.Say("The studio has ended")
			}
			return err
		}
	}
}

// openStoredUnasked is openStored for the page: nobody looks at the terminal.
func (a *App) openStoredUnasked(u *url.URL, w wire.Options) (*extract.Stored, error) {
	t, name, err := a.Targets().Holding(u)
	if err != nil {
		return nil, err
	}
	target, err := a.Targets().Open(t, publish.Opening{
		Wire: w, Version: a.Version, Warn: func(string, ...any) {}, Trust: func(error) bool { return false },
		Env: func(name string) string { v, _ := a.Env(name); return v },
	})
	if err != nil {
		return nil, err
	}
	return &extract.Stored{Target: target, Name: name, Account: t.Account()}, nil
}

func (a *App) printStudio(url string) error {
	if a.Settings.JSON {
		return app.WriteJSON(a.Out, struct {
			Schema int    `json:"schema"`
			URL    string `json:"url"`
		}{space.Schema, url})
	}
	_, err := fmt.Fprintln(a.Out, url)
	return err
}

// address reads --addr. Names are not taken, but localhost: what they stand
// for can change.
func (o *studioOptions) address() (netip.AddrPort, error) {
	text := o.addr
	if port, ok := strings.CutPrefix(text, "localhost:"); ok {
		text = "127.0.0.1:" + port
	}
	addr, err := netip.ParseAddrPort(text)
	if err != nil {
		return addr, app.Hinted(app.Usage("--addr must be an address and a port, not %q", o.addr), "for example: 127.0.0.1:8080 or [::1]:0")
	}
	if !addr.Addr().IsLoopback() && !o.network {
		return addr, app.Hinted(app.Usage("other computers could reach %s", o.addr), "use an address that only this computer can reach, such as 127.0.0.1:0, or allow it with --allow-network")
	}
	return addr, nil
}
