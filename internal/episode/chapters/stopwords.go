package chapters

import (
	"strings"
	"sync"

	"github.com/spaces-cli/spaces/internal/library/fold"
)

// stops are words of languages that name no topic, beside those that are said all
// the time in the recording itself. Words of less than three letters need not be
// among them.
var stops = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"en": "the and that this with have has had for not are was were been you your they them their there here what which when where who how why will would could should can just like know think really actually right going gonna get got about into from because some one two all but out our its it's i'm don't that's yeah yes okay well very much many more most also then than now say said see thing things something people time way good want make did does doing let us him her his she",
		"de": "der die das und nicht ist ein eine einen einem einer auch aber wir ich sie ihr mit für auf den dem des von zu zum zur war sind haben hat hatte habe kann können wird werden wenn dann noch mal ja nein doch so wie was wer wo man nur schon sehr mehr aus bei nach über also halt eben eigentlich weil dass oder mir mich dir dich uns euch sein seine diese dieser dieses jetzt hier da gut ganz immer viel",
		"fr": "les des une est pas que qui dans pour sur avec vous nous ils elle elles sont ont mais plus par tout tous cette ces son ses leur aux ça oui non donc alors quand comme bien très être avoir fait faire même aussi peut parce voilà c'est j'ai d'un d'une qu'on était était il y là moi toi lui",
		"es": "los las una unos que con para por como más pero sus del este esta estos estas eso esto ese esa muy bien sí hay son fue ser está están tiene todo todos cuando donde porque también desde sobre entre nos les ellos ella nosotros usted ustedes entonces bueno pues ahora aquí algo",
		"pt": "que com para por uma uns umas mais mas como não sim dos das nos nas este esta isso isto esse essa muito bem são foi ser está estão tem todo todos quando onde porque também desde sobre entre eles ela nós você vocês então agora aqui algo gente",
		"it": "che con per una uno gli del della dei delle sono era essere più ma come non sì questo questa questi queste quello quella molto bene quando dove perché anche tutto tutti loro lei lui noi voi allora quindi adesso qui cosa ha hanno abbiamo c'è",
		"nl": "het een van dat die niet met voor zijn maar ook wij zij jij hij mij ons jullie wat wie waar hoe als dan nog wel naar door over uit bij heb heeft hebben was waren kan kunnen zal worden wordt omdat dus gewoon eigenlijk heel veel meer goed hier daar nu",
	}
})

// stopWords returns those of a language, as they are compared.
func stopWords(code string) map[string]bool {
	base, _, _ := strings.Cut(strings.ToLower(code), "-")
	skip := make(map[string]bool)
	for word := range strings.FieldsSeq(stops()[base]) {
		skip[fold.Text(word)] = true
	}
	return skip
}
