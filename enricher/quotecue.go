package enricher

import "strings"

// The words that quotations are announced with. Keys are folded.

// sayingVerbs take what is said as their clause: "said the talks had failed", "warned that …".
var sayingVerbs = wordSet(`said say says told tell tells claimed claim claims added add adds admitted admits admit acknowledged acknowledges
	acknowledge announced announces argued argues argue alleged alleges asserted asserts boasted boasts commented comments
	complained complains conceded concedes concluded concludes confirmed confirms contended contends cautioned cautions
	declared declares denied denies disclosed emphasized emphasised emphasizes emphasises estimated estimates explained
	explains indicated indicates insisted insists insist lamented laments maintained maintains mentioned mentions noted
	notes note observed observes pledged pledges predicted predicts promised promises quipped quips recalled recalls
	recounted recounts reiterated reiterates remarked remarks repeated repeats replied replies reported reports revealed
	reveals stated states state stressed stresses stress suggested suggests testified testifies tweeted tweets vowed vows
	warned warns warn wrote writes write believes believed believe thinks thought hopes hoped responded responds answered
	answers asked asks posted joked jokes exclaimed whispered shouted urged urges expressed expresses continued continues
	remembers remembered reads read retorted proclaimed bragged countered counters underlined underscored
	conveyed demanded demands pointed went`)

// clauseVerbs may have their clause without "that".
var clauseVerbs = wordSet(`said say says claimed claims claim added adds admitted admits told tells believes believe thinks hopes hoped warned
	noted notes insisted insists argued argues predicted predicts stressed suggested suggests acknowledged conceded
	alleged alleges estimates estimated denied confirmed`)

// sayingNow are participles whose subject is that of their sentence: "…, adding that …".
var sayingNow = wordSet(`saying adding warning telling arguing noting claiming stating insisting pledging calling describing explaining asking
	suggesting writing stressing declaring promising alleging admitting predicting vowing quoting dubbing branding
	accusing reiterating announcing tweeting recalling concluding remarking comparing labelling labeling
	emphasising emphasizing acknowledging joking responding replying`)

// callingVerbs take a name or a judgement that is quoted: "called it a “paper tiger”".
var callingVerbs = wordSet(`called call calls described describes describe branded brands dubbed dubs labelled labeled labels termed terms compared
	compares characterized characterised characterizes hailed hails slammed blasted dismissed dismisses praised
	criticized criticised criticizes criticises condemned condemns denounced denounces accused accuses blamed blames
	deemed cited cites quoted quotes assured assures proposed declaring wanted wants considered rejected defended
	requested likened likens questioned`)

// saidWords are all of them.
func saidWord(k string) bool { return sayingVerbs()[k] || sayingNow()[k] || callingVerbs()[k] }

// organizationNouns stand for an organization that was named before: "the ministry said".
var organizationNouns = wordSet(`ministry agency company firm bank newspaper paper magazine network group organization organisation party union
	association committee council court commission department government office center centre university institute army
	military police club league alliance board airline carrier manufacturer automaker carmaker maker retailer operator
	statement release communique regulator authority service bureau foundation charity church team body publisher
	broadcaster administration campaign chamber federation society corporation panel website site tribunal watchdog`)

// bareOrganizationNouns stand for the last organization, however it is named.
var bareOrganizationNouns = wordSet(`company firm group organization organisation agency statement release communique paper newspaper ministry bank body
	maker retailer operator carrier manufacturer union party alliance`)

// whoSpeaksFor are persons without a name who speak for an organization.
func whoSpeaksFor(k string) bool { return strings.HasPrefix(k, "spokes") }

// quietVerbs may stand between a subject and its verb of saying.
var quietVerbs = wordSet(`has had have was is were are been be also then later simply just still already previously repeatedly recently once again now
	even however would will could did does do often further meanwhile initially immediately first reportedly who which
	on in at of this that last earlier week month year today yesterday tonight morning afternoon evening night early late
	monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
	september october november december`)

// clauseOpeners begin a clause behind a verb of saying without "that".
var clauseOpeners = wordSet(`the a an this that these those it he she they we i you there his her their its our my no some many most all both each one two
	three four five six seven eight nine ten although though more every nothing everyone nobody
	what another any such only people`)

// notClauses, behind a verb of saying, begin no clause.
var notClauses = wordSet(`to in on at by for from of with without about into over after before against while when because and or but so goodbye hello yes sorry nothing
	little anything something thanks not during via than as if whether how why when where which who until since`)

// foreignSaying are verbs of saying in the other languages that quotes are attributed in, and foreignSources what stands
// before a source: "so Krüger", "selon Mme Cardenal".
var foreignSaying = map[string]func() map[string]bool{
	"de": wordSet(`sagt sagte sagten sagen erklart erklarte erklarten betont betonte betonten meint meinte berichtet berichtete erzahlt erzahlte
		schreibt schrieb schrieben fragt fragte antwortet antwortete kritisiert kritisierte fordert forderte warnt warnte
		resumiert resumierte erganzt erganzte fugt fugte bekraftigt bekraftigte verrat verriet behauptet behauptete lobt lobte
		bilanziert bilanzierte erlautert erlauterte unterstreicht unterstrich teilte kundigte zitiert zitierte findet
		versichert versicherte bestatigt bestatigte ruft rief freut freute glaubt`),
	"fr": wordSet(`dit disait declare declarait ajoute explique expliquait detaille affirme raconte souligne estime assure confie precise indique
		annonce lache developpe previent prevenait conclut ecrit rappelle poursuit resume lance denonce temoigne insiste
		repond deplore regrette reconnait promet confirme soutient martele`),
	"es": wordSet(`dijo dice explico afirmo senalo aseguro subrayo detallo anadio agrego indico declaro alerto advirtio sostuvo manifesto comento
		aclaro preciso escribio expreso destaco explica afirma asegura senala anade relato conto confirmo reconocio apunto`),
	"it": wordSet(`detto dice spiega spiegato afferma affermato aggiunge aggiunto dichiara dichiarato sottolinea sottolineato racconta raccontato disse
		scrive scritto commenta commentato conclude osserva`),
	"pt": wordSet(`disse afirmou explicou declarou acrescentou contou escreveu ressaltou destacou diz afirma explica garantiu comentou`),
	"nl": wordSet(`zei zegt vertelt vertelde schrijft schreef verklaarde legt reageert benadrukt`),
	"sv": wordSet(`sager sade sa skriver berattar forklarar menar`),
	"da": wordSet(`siger sagde skriver fortaeller forklarer mener`),
	"nb": wordSet(`sier sa skriver forteller forklarer mener opplyser`),
	"pl": wordSet(`powiedzial powiedziala mowi dodal dodala podkreslil podkreslila stwierdzil stwierdzila napisal napisala zaznaczyl ocenil`),
	"ru": wordSet(`сказал сказала заявил заявила сообщил сообщила отметил отметила добавил добавила говорит подчеркнул подчеркнула рассказал рассказала пишет
		написал написала пояснил уточнил считает`),
}

var foreignSources = wordSet(`so laut selon segun secondo aldus segundo enligt ifolge`)
