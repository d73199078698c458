package syntax

// Tools says which tools the second channel of the last unit parsed makes use
// of.
func (p *Parser) Tools() (noise, intensity bool) {
	for _, s := range p.ics[1].sections {
		noise = noise || s.book == bookNoise
		intensity = intensity || s.book == bookIntensity || s.book == bookIntensity2
	}
	return noise, intensity
}
