package enricher

import (
	"slices"
	"strings"
	"sync"
)

// languageProfile is what tells a language from others of its script: its most frequent words, and letters that few
// others have. Written for feedmill.
type languageProfile struct{ tag, letters, words string }

func languageProfiles() []languageProfile {
	return []languageProfile{
		{"en", "", "the of and to in a is that for on was with as it his by at from are be this an not have has had but they were their who will which or one more its been after he said would we about when out up new all two than over also can what year first"},
		{"de", "äöüß", "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei gegen vom können schon wenn habe seine mark ihre dann unter wir soll"},
		{"fr", "éèêàçùœîôû", "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec l' d' aux son cette ont ses mais comme on tout nous sa été aussi elle leur fait deux selon après entre sans être ans dont c'est il était contre où ces depuis avant même peut"},
		{"es", "ñáíóú¿¡", "de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno les ni contra otros ese eso ante ellos e esto años según fue tras está ha"},
		{"pt", "ãõçáâê", "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo aos seus quem nas me esse eles são anos segundo após diz governo"},
		{"it", "àèìòù", "di e il la che in a per un è del non una con i si della le da al sono come dei ma lo nel più alla gli ha anche dal delle se ci o questo dopo ai tra nella sul loro essere stato due suo degli anni contro dell' l' nell' all' sulla hanno perché era prima fra dalla quando"},
		{"nl", "ĳ", "de van het een en in is dat op te zijn met voor niet aan er om ook als die bij door maar uit dan naar ze hij heeft nog worden wordt over werd meer al tot was hun kan deze geen na of ik je wel zo jaar moet moeten zich tegen onder twee waar volgens"},
		{"sv", "åäö", "och i att det som en på är av för med till den har de inte om ett han men var jag sig från vi så kan när nu ut efter under sin också hon över där eller vid mot ska skulle kommer vara då alla mer mycket år blev ha hade säger bara"},
		{"da", "æøå", "og i at det er en til af på for med de som den har ikke der et var han men sig fra om vi kan så efter over ved også være blev skal når nu ud jeg hun eller have hvor bliver mod siger mere år alle havde kun blevet skulle op deres"},
		{"no", "æøå", "og i det er på til som en å for av at har med de den ikke et om fra var han men seg ble kan så etter også vil over ved skal sier mot ut når eller nå være hadde da bare år mer alle blir mange hun etter under jeg flere norske"},
		{"fi", "äö", "ja on ei että se oli hän mutta ovat myös kun mukaan joka sen kuin olisi jos niin voi vain ole sekä jo ovat noin tai nyt mitä hänen vuoden vuonna siitä tämä tämän kertoo sanoo jälkeen olla ollut sitä joita vielä mies kanssa suomen ennen"},
		{"pl", "ąćęłńśźż", "i w na z do się nie to że o jest jak za od po przez co ale dla są tym tego był może jego tylko ich który które także już być ze oraz roku było przed czy będzie jej tak została lat gdy pod przy bardzo jako bez została która tej mnie"},
		{"cs", "ěščřžýůť", "a v se na je že s z do o to i za by ale jako po od jsou pro který bude není jeho byl ve podle už tak k které také jen při které své před až která co která roce má nebo byla bylo jak další však kde mezi"},
		{"sk", "ľĺŕôťďň", "a v sa na je že s z do o to aj za by ale ako po od sú pre ktorý bude nie jeho bol vo podľa už tak ktoré tiež len pri svoje pred až ktorá čo roku má alebo bola bolo ako ďalšie však kde medzi"},
		{"hu", "őűáéöü", "a az és hogy nem is egy meg ez azt csak már el még volt de mint szerint ha kell után lehet akkor ki be minden mert vagy pedig lesz ezt amely most majd sem két több között volna nagy aki magyar ami"},
		{"ro", "ăâîșțşţ", "de și în a la cu pe nu o să un din care este au mai că fi pentru sunt fost va după al ale ca lui dar prin se sa a fost între acest această până către ani ai le lor când doar și-a într-o printre fără unui unei"},
		{"tr", "ğışçöü", "ve bir bu da de için ile olarak çok daha olan gibi kadar sonra ise en ne o var ancak iki her ya şu ama değil oldu yeni olduğunu göre diye dedi etti arasında yüzde tarafından türkiye bugün olduğu karşı ilk veya mı"},
		{"id", "", "yang dan di untuk dengan pada ini dari dalam tidak itu akan ke juga adalah oleh sebagai telah bisa karena tersebut kata mereka saat atau sudah para orang kami lebih ada dia ia bahwa secara menjadi tahun hingga antara sebuah agar masih saya seperti kepada karena harus hanya serta sangat pemerintah perusahaan persen uang mengatakan menurut maupun apapun bilamana sebab tak bagaimana dimana mungkin seluruh berbagai ketika namun anda kita"},
		{"ms", "", "yang dan di untuk dengan pada ini dari dalam tidak itu akan ke juga adalah oleh sebagai telah boleh kerana tersebut kata mereka beliau atau kepada bagi ialah lebih ada dia bahawa tahun antara sebuah masih negara seperti kerajaan berkata turut pihak hendaklah daripada sahaja manakala semasa sebarang mana-mana wang syarikat peratus bekas isu perlu kita selepas sebelum malah supaya agar hanya perkara apabila iaitu dapat"},
		{"vi", "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ", "và của là có được trong cho các một không người với những đã này khi đến từ để ra về năm vào tại cũng ông nhiều sẽ theo trên như bị sau làm đó còn hơn việc ngày"},
		{"tl", "", "ang ng sa na at mga ay si ni para hindi ito kay niya kung may nang pa din siya ayon isang rin naman sila dahil ngunit mula kanyang wala nito kami lang"},
		{"sw", "", "ya na wa kwa ni katika za la kuwa hiyo cha hii huo pia alisema baada hilo watu zaidi ambao nchi lakini mwaka rais baina yake wake huyo ambayo vya hata"},
		{"ca", "çàèéíïòóú·", "de la el i que a en els per les un amb del una no és al ha més es com dels aquest són però també pel seu aquesta o ja després segons molt entre fins anys han sense seva quan on tot"},
		{"hr", "čćđšž", "i u je na se da za od su a s o će kako koji ne što ili to kao bi iz nije koje do ali po već te samo je li koja bio nakon godine još prema sve zbog može više bez hrvatske"},
		{"sl", "čšž", "in je v na za se da so ki z s po pa bi tudi ne od kot iz do še pri ni bo je bil kar ob več med leta le lahko že ter sta ali ima po pred zaradi vse slovenije"},
		{"et", "õäöü", "ja on ei et see ka kui oma oli ta mis selle kes aga või mille ning seda nii aasta veel pärast üle eesti kuid tema olla nende juba välja ole siis kas kuni"},
		{"lv", "āčēģīķļņšūž", "un ir ka no ar par uz to arī tas bet kas lai pēc ko gada kā līdz viņš tika nav vai vairāk gadā jau būs savu tiek šo bija latvijas pie"},
		{"lt", "ąčęėįšųūž", "ir kad į yra iš su tai kaip bet apie jis buvo dėl už po nuo per metų taip šį kurie būti gali jau tik dar lietuvos bus ar savo jų teigia kurį"},
		{"sq", "ëç", "të e në dhe që i për me një nga është u se ka do më janë nuk si këtë por kjo tek ishte kanë duke ai pas ky shqipëri"},
		{"is", "ðþæö", "og að í á er sem til við um en það var með af ekki fyrir hann hefur eru því frá verið þá einnig segir þess hafa eftir þetta"},
		{"eu", "", "eta da ez dute dira bat hau izan du den dela egin ere baina baino zuen beste batzuk euskal urte"},
		{"af", "ê", "die en van het nie is in n wat te om vir met op sy hulle ons dat aan by sal word deur as was ook kan hierdie daar een maar uit na oor tot hy wees geen enige elke sonder volgens sê toe teen gesê jaar"},
		{"ru", "ыэъё", "и в не на что с по это как к из за от для его он о у но было бы все так же был до или после также если сообщил будет при том этом года время были может уже который которые россии который только"},
		{"uk", "іїєґ", "і в не на що з та у до за це як від про для його він але було після також року був є або вже під час при які який буде україни щодо ще тому бути"},
		{"bg", "", "и на да от в за се с не че са по ще е си това като до но той който след при или би беше което които има също няма през между българия още още към които"},
		{"sr", "ђјљњћџ", "и у је на се да за од су а са о ће како који не што или то као би из није које до али по већ само која био након године још према све због може више србије"},
		{"mk", "ѓѕјљњќџ", "и на во да од се за со не што е ќе го ги дека како по но тоа која кој или беше има според до при македонија се уште"},
		{"be", "ўі", "і ў у не на што з па як да за яго але гэта былі для быў таксама пасля ад года які беларусі будзе"},
		{"kk", "әғқңөұүһі", "және мен бұл үшін деп бір да де қазақстан еді бар болып осы жылы керек"},
		{"mn", "өү", "нь байна юм энэ ба болон монгол улсын хүн гэж байгаа онд"},
		{"ar", "ةىأإ", "في من على أن إلى التي عن مع هذا هذه الذي ما بعد كان كما لا أو بين قال ذلك قد حيث وقد خلال قبل وفي كل عام إن كانت هو"},
		{"fa", "پچژگکی", "و در به از که این را با است برای آن یک خود تا کرد بر هم نیز گفت ما شده باید او می اما شد ایران دو های"},
		{"ur", "ٹڈڑںےہھ", "کے میں کی ہے اور سے کا کو اس نے پر یہ کہ ہیں بھی تھا ایک کر گیا نہیں تھے کہا ان ہو"},
		{"ps", "ټډړښځڅېۍ", "د په او چې له کې ته دا يې نه هم سره شوي افغانستان وايي"},
		{"hi", "", "के में की है और से का को ने पर यह कि हैं भी एक कर लिए नहीं इस था कहा हो गया रहे साथ थे गई"},
		{"mr", "ळ", "आहे आणि या च्या ते हे मध्ये होते नाही केली केला झाली असे करण्यात आहेत होता"},
		{"ne", "", "को र छ मा ले हरु छन् पनि गरेको भएको नेपाल गर्न हो भने तथा लागि गर्ने हुने हुनेछ हुन्छ थियो छैन यो त्यो यस त्यस अनि वा सबै कुनै प्रत्येक आफ्नो आफ्ना कुरा बाट लाई द्वारा भएका गरेका गरी गरिएको रहेको उनले उनी बताए अनुसार पर्छ सक्ने सम्म अधिकार जस्तै पर्ने पर्नेछ गर्दा हुँदा"},
	}
}

func latinLanguages() []string {
	var out []string
	for _, p := range languageProfiles() {
		if p.tag == "ru" {
			break
		}
		out = append(out, p.tag)
	}
	return append(out, "ga", "cy", "az")
}

var profileWords = sync.OnceValue(func() map[string][]string {
	m := map[string][]string{}
	for _, p := range languageProfiles() {
		for w := range strings.FieldsSeq(p.words) {
			if !slices.Contains(m[w], p.tag) {
				m[w] = append(m[w], p.tag)
			}
		}
	}
	return m
})

var typicalLetters = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, p := range languageProfiles() {
		m[p.tag] = p.letters
	}
	return m
})
