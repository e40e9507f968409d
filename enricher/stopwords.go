package enricher

import (
	"strings"
	"sync"

	"github.com/feedmill/feedmill/enricher/internal/fold"
)

// stopWords are words of a language, folded, that say nothing of what a text is about: the frequent ones by which the
// language is told, and for some languages more.
func stopWords(lang string) map[string]bool { return allStopWords()[lang] }

var allStopWords = sync.OnceValue(func() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	add := func(lang, words string) {
		if all[lang] == nil {
			all[lang] = map[string]bool{}
		}
		for w := range strings.FieldsSeq(words) {
			all[lang][fold.Key(w)] = true
		}
	}
	for _, p := range languageProfiles() {
		add(p.tag, p.words)
	}
	for lang, words := range moreStopWords {
		add(lang, words)
	}
	for w := range functionWords() {
		all["en"][w] = true
	}
	add("nb", "og i det er på til som en å for av at har med de den ikke et om fra var han men seg ble kan så etter også vil over ved skal mot ut når eller nå")
	return all
})

// moreStopWords go beyond what is needed to tell a language.
var moreStopWords = map[string]string{
	"en": `like get got make made way lot back really still best good great better right thing things well want need take look know say says said
		going come use used using see let lets help keep find try also much many even often bit something anything everything
		someone anyone yes please etc per via`,
	"de": `ab aber alle allem allen aller alles als also am an andere anderen anderer anderes anders auch auf aus ausserdem beim bei beide beiden bereits
		besonders besser bin bis bisher bist bleiben bleibt da dabei dadurch dafür dagegen daher damit danach daneben dann
		daran darauf daraus darf dürfen darin darüber darum darunter das dass davon dazu dein deine dem demnach den denen
		denn dennoch der deren derzeit des deshalb dessen dich die dies diese diesem diesen dieser dieses dir doch dort du durch
		eben ebenfalls eher eigene eigenen eigentlich ein eine einem einen einer eines einfach einige einigen einmal er erst
		erste ersten erster es etwa etwas euch euer für ganz gar geben gegen gehen geht gemacht gibt gilt ging gleich gut gute
		guten habe haben hat hatte hatten hätte hätten heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im
		immer in ins insgesamt ist ja jede jedem jeden jeder jedes jedoch jetzt kam kann kein keine keinen keiner kommen kommt
		können könnte könnten lassen lässt leicht lieber machen macht mal man manche mehr mein meine meinem meinen meiner
		meist mich mir mit möchte möglich muss müssen musste nach nachdem nämlich natürlich neben nein neu neue neuen neuer
		neues nicht nichts nie noch nun nur ob oben oder oft ohne per rund schon sehr seien sei sein seine seinem seinen seiner
		seit selbst sich sie sind so sobald sogar solche sollen sollte sollten sondern sonst soll sowie später statt stehen
		steht trotz über überhaupt um und uns unser unsere unserem unseren unserer unter viel viele vielen vom von vor wann war
		waren wäre warum was wegen weil weiter weitere weiteren welche welcher wenig weniger wenn wer werde werden wenige wie
		wieder will wir wird wo wollen wurde wurden würde würden zu zudem zum zur zurück zwar zwei zwischen drei vier fünf
		sagt sagte so laut rund unter anderem beispiel uhr jahr jahre jahren januar februar märz april mai juni juli august
		september oktober november dezember montag dienstag mittwoch donnerstag freitag samstag sonntag prozent millionen
		mio euro seite bzw z.b ca finden sehen stellen bekommen bietet nutzen teil`,
	"fr": `a à afin ai aient ainsi alors après as assez au aucun aucune aujourd'hui auquel aussi autre autres aux avait avant avec avoir beaucoup bien
		c car ce ceci cela celle celles celui cent cependant certain certaines certains ces cet cette ceux chaque chez ci
		comme comment contre d dans de déjà depuis des dès deux devant doit donc dont du elle elles en encore entre est et
		étaient était étant été être eu eux faire fait font grand grande ici il ils j je jusqu jusque l la le les leur leurs lors
		lorsque lui là m ma mais malgré me même mêmes mes mettre moi moins mon n ne ni non nos notre nous on ont or ou où par
		parce parfois parmi pas pendant peu peut peuvent plus plusieurs pour pourquoi pourrait près puis qu quand que quel
		quelle quelles quelque quelques quels qui quoi s sa sans se selon sera ses seulement si sien soit son sont sous souvent
		suis sur surtout t ta tandis tant tel telle tes toi ton toujours tous tout toute toutes très trois trop tu un une vers
		voici voir vont vos votre vous y été janvier février mars avril mai juin juillet août septembre octobre novembre
		décembre lundi mardi mercredi jeudi vendredi samedi dimanche an ans année années jour jours fois dit euros aller`,
	"es": `a al algo algunas algunos ante antes aquel aquella aquí así aun aún aunque bajo bien cada casi como cómo con contra cual cuál cuales cualquier
		cuando cuándo cuanto de del desde después día días dice dijo donde dónde dos durante e el él ella ellas ellos en
		entonces entre era eran es esa esas ese eso esos esta está estaba están estar estas este esto estos fin fue fueron gran
		ha había haber hace hacer hacia han hasta hay hoy incluso ir junto la las le les lo los luego más me mediante mejor
		mientras mi mis misma mismo momento mucha mucho muchos muy nada ni ninguna no nos nosotros nuestra nuestro nueva nuevo
		o os otra otras otro otros para parte pero poco poder podría por porque primer primera primero puede pueden pues que
		qué quien quién se sea según ser será si sí sido siempre sin sino sobre solo sólo son su sus también tan tanto te tener
		tenía tiempo tiene tienen toda todas todavía todo todos tras tres tu tus tuvo un una unas uno unos va vez veces ya yo
		año años mes enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes
		miércoles jueves viernes sábado domingo forma además trata debe cuenta`,
	"it": `abbiamo ad agli ai al alcuni alla alle allo altra altre altri altro anche ancora anni anno avere aveva bene c che chi ci cioè come con contro cosa così
		cui da dagli dai dal dalla dalle deve dei del della delle dello dentro di dopo dove due e è ed era essere fa fare fatto
		fino fra giorno gli ha hanno ho i il in infatti io l la le lei li lo loro lui ma meno mentre mi mia mio molto ne negli
		nei nel nella nelle no noi non nostra nostro o oggi ogni oltre per perché però più poi poco prima proprio può qualche
		quale quali quando quanto quella quelle quelli quello questa queste questi questo qui sarà se sei sempre senza si sia
		siamo sono sta stata state stati stato su sua sue sugli sui sul sulla suo suoi tra tre tutta tutte tutti tutto un una
		uno va vi viene vuole gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre`,
	"pt": `a agora ainda além algumas alguns ano anos ante antes ao aos apenas após as às assim até bem cada com como contra da das de deve depois desde
		dessa desse desta deste dia dias disse do dois dos durante e é ela elas ele eles em enquanto entre era essa essas esse
		esses esta está estão estava este estes eu faz fazer foi foram há isso isto já la lhe mais mas me meio menos mesmo meu
		muito muitos na nada não nas nem nessa nesse nesta neste no nos nós nossa nosso num numa o onde os ou outra outras
		outro outros para parte pela pelas pelo pelos pode podem por porque quais qual quando que quem se segundo seja sem
		sempre sendo ser será seu seus sido sob sobre sua suas também tem têm ter teve toda todas todo todos três tudo um uma
		umas uns vai vez`,
	"nl": `aan al alle alleen als ander andere bij daar dan dat de deze die dit door dus een en er gaan gaat geen goed haar had heb hebben heeft heel het hier
		hij hoe hun ik in is ja je jij kan komen komt kunnen maar maken meer meest men met mij mijn moet moeten na naar niet
		nieuwe nog nu of om omdat onder ons onze ook op over staat steeds te tegen ten tijdens toch toen tot tussen twee uit u
		uw van veel volgens voor vooral waar waren was wat we weer wel welke werd werden wie wij wil wordt worden zal ze zei
		zeggen zegt zelf zich zij zijn zo zoals zonder zou jaar`,
	"pl": `aby albo ale bardzo bez bo by być był była było były bym co czy dla do gdy gdzie go i ich ile im innych jak jaki jako je jeden jednak jedna jego jej jest
		jeszcze jeśli już kiedy kilka która które którego której który których którym którzy lub ma mają może można mu na nad
		nam nas nawet nie niej nim nią o od ona one oni oraz po pod podczas ponieważ potem pomiędzy poza przed przede przez przy
		raz również się są sobie swoje ta tak także tam te tego tej ten też to tu tych tylko tym u w we więc wszystkie wszystko
		wtedy z za zawsze ze że`,
	"ru": `без более бы был была были было быть в вам вас весь во вот все всего всех вы где да даже для до его ее если есть еще же за здесь и из или им их к как
		какой ко когда который которая которые которых кто ли либо между меня мне много может можно мы на над надо нам нас
		наш не него нее нет ни них но ну о об однако он она они оно от очень по под после потому почти при про раз с сам свои
		своего свой себя сейчас со так также такой там те тем то того тоже той только том тот тут ты у уже хотя чего чей чем что
		чтобы чье эта эти это этого этой этом этот я год года лет один два`,
	"sv": `alla allt att av bara blev bli blir de dem den denna det detta dig din du där då efter ej eller en ett fick från för får ha hade han hans har helt hon hos
		hur här i icke in inte ja jag kan kommer kunde man med mellan men mer mig min mot mycket ni nu när någon något några
		och också om oss på sedan sig sin sina skulle som så säger till under upp ut utan vad var vara varit vem vi vid vill vår
		är även år`,
	"ca": `a al als amb any anys aquest aquesta com d de del dels des després e el ella ells els en entre era es és està han ha hi i ja la les li ho l més molt no
		o on pel pels per però que qui s se sense ser seu seva si sobre són també tot tots un una uns`,
	"tr": `acaba ama ancak artık aslında az bazı belki ben bir biri birçok biz bu bunu bunun çok çünkü da daha de değil diye dolayı en gibi göre her hiç için ile
		ise işte kadar ki kim mi mı mu mü ne neden o olan olarak oldu olduğu olması onlar onu onun ya yani yer yine yok ve veya
		var şey şu tarafından üzere sonra önce`,
}

// joiners may stand inside a phrase of some languages: "Comité Central del Partido", "taux de chômage".
func joiner(lang, key string) bool {
	switch lang {
	case "fr", "es", "it", "pt", "ca", "gl":
		switch key {
		case "de", "du", "des", "del", "della", "dello", "dei", "di", "do", "da", "dos", "das", "d":
			return true
		}
	}
	return false
}
