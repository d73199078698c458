// Package docs holds the pages of this folder, so that the program can show
// them where there is no network.
package docs

import "embed"

// Pages are the pages in Markdown, by their names in this folder.
//
//go:embed *.md
var Pages embed.FS
