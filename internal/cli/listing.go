package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/spaces-cli/spaces/internal/cli/app"
	"github.com/spaces-cli/spaces/internal/episode"
	"github.com/spaces-cli/spaces/internal/manual"
)

// listingFlags say what a feed tells of an episode.
type listingFlags struct {
	season, number     int
	kind, explicit     string
	at, guid           string
	cmd                *cobra.Command
	explicitValues     []string
	canWait, canImport bool
}

// add adds the flags to a command; with more also those of a date and a guid.
func (o *listingFlags) add(cmd *cobra.Command, more bool) {
	o.cmd, o.explicitValues, o.canWait, o.canImport = cmd, []string{"true", "false", "show"}, more, more
	f := cmd.Flags()
	f.IntVar(&o.season, "season", 0, "`N`: number of the season; 0 removes it")
	f.IntVar(&o.number, "number", 0, "`N`: number of the episode; 0 removes it")
	f.StringVar(&o.kind, "type", "", "`TYPE`: full, trailer or bonus")
	f.StringVar(&o.explicit, "explicit", "", "mark the episode as explicit; =false marks it as clean, =show follows the show")
	f.Lookup("explicit").NoOptDefVal = "true"
	app.Complete(cmd, "type", episode.Types()...)
	app.Complete(cmd, "explicit", o.explicitValues...)
	manual.Group(f, "In the feed", "season", "number", "type", "explicit")
	if more {
		f.StringVar(&o.at, "at", "", "`DATE`: enter the feed at this time, with this date (local, unless it has a zone); now removes it")
		f.StringVar(&o.guid, "guid", "", "`GUID`: guid of the same episode in another feed; \"\" removes it")
		manual.Group(f, "In the feed", "at", "guid")
	}
}

// relisting is what the flags change.
func (o *listingFlags) relisting(ctx context.Context, a *App) (c episode.Relisting, err error) {
	given := o.cmd.Flags().Changed
	for _, n := range []struct {
		flag  string
		value *int
		field **int
	}{{"season", &o.season, &c.Season}, {"number", &o.number, &c.Number}} {
		if !given(n.flag) {
			continue
		}
		if *n.value < 0 {
			return c, app.Usage("--%s must be 0 or more, not %d", n.flag, *n.value)
		}
		*n.field = n.value
	}
	if err := app.OneOf("--type", o.kind, episode.Types()); err != nil {
		return c, err
	}
	if given("type") {
		c.EpisodeType = &o.kind
	}
	if given("explicit") {
		if err := app.OneOf("--explicit", o.explicit, o.explicitValues); err != nil {
			return c, err
		}
		c.Explicit = &o.explicit
	}
	if o.canImport && given("guid") {
		guid, err := guidOf(o.guid)
		if err != nil {
			return c, err
		}
		c.GUID = &guid
	}
	if o.canWait && given("at") {
		c.PublishAt = new(time.Time)
		if o.at != "now" { // "" may be a variable that a script has not set, and not the wish to publish at once
			if *c.PublishAt, err = a.dateOf(ctx, "--at", o.at); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}
