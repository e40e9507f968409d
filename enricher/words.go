package enricher

import (
	"strings"
	"sync"
)

// The word lists of the English rules. Each is a function that builds its table once.

type abbreviation uint8

const (
	abbrNone    abbreviation = iota
	abbrAlways               // its full stop never ends the word's sentence by itself
	abbrCapital              // only when written with a capital
	abbrNumber               // only before a number
)

var abbreviations = sync.OnceValue(func() map[string]abbreviation {
	m := map[string]abbreviation{}
	for w := range strings.FieldsSeq("mr mrs ms dr prof hon rev messrs mt ft lt col sgt capt cmdr maj brig adm gov jr sr inc corp ltd " +
		"bros dept univ assn vs etc approx blvd ave sen rep gen st supt cpl pvt pres feb aug sept nov dec oct jan") {
		m[w] = abbrAlways
	}
	for w := range strings.FieldsSeq("co mar apr jun jul sep sec") {
		m[w] = abbrCapital
	}
	for w := range strings.FieldsSeq("no nos art fig vol pp") {
		m[w] = abbrNumber
	}
	return m
})

func wordSet(s string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		m := map[string]bool{}
		for w := range strings.FieldsSeq(s) {
			m[strings.ReplaceAll(w, "_", " ")] = true
		}
		return m
	})
}

var hyphenSuffixes = wordSet(`based led backed born made run held owned style bound controlled occupied era wide educated trained
	speaking listed dominated sponsored mediated brokered funded friendly related area ruled imposed inspired
	supported allied linked bred raised only like`)

// functionWords are capitalised at the start of a sentence or in a headline and name nothing.
var functionWords = wordSet(`a an the this that these those he she it they we i you his her its their our your my him them us me who whom whose
	which what when where why how in on at by for from with without within to of off over under about above across after
	against along amid among around as before behind below beneath beside besides between beyond but despite down during
	except inside into like near onto out outside past per since through throughout toward towards until unless up upon
	via while although though because if or and nor so yet not no yes all any both each either every few many more most
	much neither none one other another some such several two three four five six seven eight nine ten is are was were
	be been being am do does did has have had having can could may might must shall should will would also however
	meanwhile moreover nevertheless instead then there here now today yesterday tomorrow tonight just only even still
	again ever never often once perhaps maybe too very well than thus therefore hence else first second third last next
	new old top said says say mr mrs ms`)

var calendarWords = wordSet(`monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun
	january february march april may june july august september october november december
	jan feb mar apr jun jul aug sep sept oct nov dec jan. feb. mar. apr. jun. jul. aug. sep. sept. oct. nov. dec.
	christmas easter ramadan thanksgiving halloween hanukkah diwali gmt est edt pst pdt utc cet bst am pm a.m. p.m.`)

// notAcronyms are written in capitals and name no organization.
var notAcronyms = wordSet(`tv ceo cfo coo cto gdp gnp dna rna hiv aids pm mp mps vp vip id ids dvd cd cds pc pcs usb gps atm uv ok usd eur gbp
	jpy ad bc bce ce phd md ma ba mba faq diy sms it ai ar vr pr hr ipo ipos suv suvs pdf sars covid covid-19 h1n1 er icu
	mri ct ev evs led lcd pow pows ied ieds wmd ufo iq gm sos rip vs asap lol omg aka ngo ngos a b c d e f g h i j k l m n o
	p q r s t u v w x y z ii iii iv vi vii viii ix xi xii url http https html www am fm gmt est edt pst utc mr no the and of
	in on at for to by`)

var speechVerbs = wordSet(`said says say added adds told tells stated states noted notes announced announces argued argues asked asks
	acknowledged acknowledges admitted admits alleged asserted asserts believes believed boasted called calls claimed claims
	commented commented complained concluded conceded confirmed confirms contended cautioned criticized criticised declared
	declares declined demanded denied denies described disclosed emphasized emphasised explained explains expressed
	expresses insisted insists joked lamented maintained maintains mentioned observed pledged pointed predicted proclaimed
	promised quipped recalled recounted reiterated remarked repeated replied reported responded retorted revealed shouted
	stressed stresses suggested suggests testified thinks tweeted urged urges vowed vows warned warns wrote writes
	exclaimed whispered answered`)

// headNouns of organizations that end a name: "Japan Self-Defense Forces", "Samsung Group".
var orgSuffixes = wordSet(`inc inc. corp corp. co co. ltd ltd. plc llc llp ag gmbh nv s.a. spa oyj asa ab kk corporation company companies
	group holdings holding industries enterprises partners associates bank bancorp banking university college institute
	academy school ministry agency committee council commission forces force army navy guard guards police department
	court association union federation confederation league club fc f.c. united party coalition alliance organization
	organisation foundation trust society assembly parliament senate congress bureau authority administration board
	office center centre hospital museum orchestra airlines airline airways motors motor electronics technologies
	technology systems telecom communications pharmaceuticals energy petroleum oil gas steel insurance securities capital
	investment investments fund times post news tribune herald gazette journal chronicle telegraph guardian daily
	television broadcasting network radio press magazine studios records entertainment pictures brothers church
	cathedral diocese corps brigade regiment battalion division fleet squadron tribunal secretariat directorate
	exchange stores foods laboratories consulting services works rovers wanderers athletic albion hotspur
	rangers dodgers yankees mets giants lakers celtics bulls knicks sox cubs braves cardinals padres orioles
	mariners astros angels athletics pirates reds phillies expos marlins rockies brewers twins royals tigers indians
	blue_jays bruins canadiens sabres flyers penguins islanders devils senators jets oilers flames canucks sharks
	cowboys redskins steelers broncos raiders packers dolphins bills vikings bengals browns falcons buccaneers
	seahawks 49ers chargers colts patriots ravens jaguars titans texans`)

var lawHeads = wordSet(`agreement treaty act pact accord accords convention protocol constitution declaration charter amendment resolution law
	bill memorandum directive regulation code`)

var eventHeads = wordSet(`olympics games cup championship championships war summit festival election elections open prix marathon revolution
	uprising massacre genocide holocaust crisis conference expo referendum tournament`)

var shipNouns = wordSet(`frigate warship destroyer submarine corvette ferry carrier battleship cruiser gunboat tanker vessel ship freighter
	trawler yacht tugboat boat liner uss hms roks hmas ins spacecraft satellite probe rover shuttle`)

var placePrepositions = wordSet(`in at from near to outside around across toward towards via inside into through throughout over leaving
	visiting visited visit reached left`)

// familyFirst are family names, spelt as in news, of people who are called by family name first.
var familyFirst = wordSet(`kim lee park choi choe jung jeong chung kang cho jo yoon yun chang jang lim im rim han oh seo suh shin sin kwon hwang ahn an
	song ryu yoo yu hong jeon jun chun ko koh go moon mun yang son sohn bae paik baek heo huh hur nam shim sim noh roh
	ha kwak sung seong cha joo ju woo koo ku min na jin ji eom um won chae cheon bang kong gong hyun ham byun yeom pak ri
	li wang zhang liu chen huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie tang feng dong xiao
	cheng cao yuan deng peng zeng xue tian pan du jiang bo ding wei ren lu ye yao jia xi wen hou meng qin fang shi dai
	fan qian tan bai zou shao mao nguyen tran pham`)
