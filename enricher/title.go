package enricher

// Titles are a head ("minister") with what may stand before ("prime", "defense") and after it ("of state").

var titleHeads = wordSet(`president minister chancellor premier secretary chairman chairwoman chairperson chair chief director commander
	commissioner governor mayor senator congressman congresswoman representative ambassador envoy spokesman spokeswoman
	spokesperson general admiral colonel captain major lieutenant sergeant brigadier marshal commodore officer king queen
	prince princess emperor empress sultan emir sheikh pope cardinal archbishop bishop rabbi ayatollah imam reverend
	father sister judge justice prosecutor attorney professor doctor coach manager leader speaker whip treasurer
	comptroller inspector superintendent sheriff detective constable corporal private lord lady sir dame duke duchess
	baron baroness count countess earl mr mrs ms miss mr. mrs. ms. dr dr. prof. gen. lt. col. capt. maj. sgt. adm. gov.
	sen. rep. rev. hon. sir president-elect founder co-founder ceo cfo coo deputy dean principal rector provost head
	economist analyst strategist counsel adviser advisor editor publisher correspondent vice-president undersecretary
	under-secretary taoiseach pm cdr. cmdr. brig. supt. pvt. cpl. mp fm`)

var titleModifiers = wordSet(`prime foreign defense defence finance interior justice health education trade economy economic economics
	agriculture energy environment transport labor labour culture sports industry commerce unification home
	intelligence national security army navy naval police military press presidential deputy vice assistant associate
	acting interim first second senior junior chief executive managing general lieutenant major rear brigadier fleet
	air wing field grand crown supreme former ex ex-prime outgoing incoming then-prime opposition party parliamentary
	house senate majority minority union communist conservative labour republican democratic attorney solicitor surgeon
	secretary sales marketing operating financial technology information communications research investment head
	co-chief state federal special chief-of cabinet budget planning science technology immigration treasury oil
	petroleum development cooperation reunification information tourism water power state lead team assistant principal
	northern_ireland shadow regional district county city mission election campaign staff program programme project
	quality senior group market currency equity fund commodities chief spiritual religious tribal rebel guerrilla
	militia separatist longtime veteran private`)

// titleOf complete a head to one title.
var titleOf = wordSet(`state defense defence commerce labor labour energy education transportation agriculture justice treasury staff foreign
	homeland health interior war operations`)

// honorifics are titles of courtesy: they announce a person but state no role.
var honorifics = wordSet(`mr mrs ms miss mr. mrs. ms. dr dr. sir dame lord lady hon. rev. sister father`)

// titleAt returns how many tokens from i on are a title, 0 if none: "Defense Minister", "Secretary of Defense".
func titleAt(toks []token, i, end int) int {
	j := i
	for j < end && j-i < 4 && titleModifiers()[toks[j].key] && toks[j].word() && !stopsTitle(toks, i, j) {
		j++
	}
	// A modifier may itself be the head: "Deputy", "Chief".
	for j > i && (j >= end || !titleHeads()[toks[j].key] || stopsTitle(toks, i, j)) {
		j--
	}
	if j >= end || !titleHeads()[toks[j].key] {
		return 0
	}
	j++
	for j < end && titleHeads()[toks[j].key] && !toks[j].line && sameCase(toks[j-1], toks[j]) && toks[j].gap {
		j++
	}
	if j+1 < end && toks[j].key == "of" {
		k := j + 1
		if toks[k].key == "the" && k+1 < end {
			k++
		}
		if titleOf()[toks[k].key] {
			j = k + 1
			if j < end && (toks[j].key == "security" || toks[j].key == "affairs") {
				j++
			}
		} else if toks[k].key == "national" && k+1 < end && titleOf()[toks[k+1].key] {
			j = k + 2
		}
	}
	return j - i
}

// stopsTitle tells whether the title that starts at i cannot go on with token j.
func stopsTitle(toks []token, i, j int) bool {
	return j > i && (toks[j].line || !toks[j].gap)
}

func sameCase(a, b token) bool { return a.upper == b.upper }
