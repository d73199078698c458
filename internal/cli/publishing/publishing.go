// Package publishing is the commands that carry something to where people
// listen: targets, uploads, the feed, posts, and taking down what was sent.
package publishing

import "github.com/spaces-cli/spaces/internal/cli/app"

// App is the program in its world, with the commands of this package as its
// methods.
type App struct{ *app.App }
