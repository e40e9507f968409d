package enricher

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/feedmill/feedmill"
	"github.com/feedmill/feedmill/enricher/internal/fold"
)

// anchorDay is the day of publication that relative expressions are counted from, at midnight UTC: the day where the text
// is datelined, else where the source is, at the moment of publication. Where neither zone is known, or no moment is, it
// is the day that the source states. An offset that a source states is taken for its own zone, but UTC, which feeds give
// whatever their zone, is not.
func anchorDay(r *feedmill.Record) (time.Time, bool) {
	stated, ok := publicationDay(r)
	if !ok || r.Published.UTC.IsZero() {
		return stated, ok
	}
	zone := datelineZone(r.Dateline.Place)
	if zone == nil && (r.Published.Value == "" || strings.HasSuffix(r.Published.Value, "Z") || strings.HasSuffix(r.Published.Value, "+00:00")) {
		zone = countryZone(strings.ToUpper(r.Source.Country))
	}
	if zone == nil {
		return stated, true
	}
	t := r.Published.UTC.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), true
}

// publicationDay is the day of publication as the source dates it, at midnight UTC.
func publicationDay(r *feedmill.Record) (time.Time, bool) {
	if v := r.Published.Value; len(v) >= len(time.DateOnly) {
		if t, err := time.Parse(time.DateOnly, v[:len(time.DateOnly)]); err == nil {
			return t, true
		}
	}
	if t := r.Published.UTC; !t.IsZero() && r.Published.Value == "" {
		return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), true
	}
	return time.Time{}, false
}

// datelineZone is the zone of "SEOUL" or "SEOUL, South Korea", nil where the place or its zone is not known.
func datelineZone(place string) *time.Location {
	town, country, _ := strings.Cut(place, ",")
	if town = strings.TrimSpace(town); town == "" {
		return nil
	}
	toks := tokenize(town)
	if len(toks) == 0 {
		return nil
	}
	c := gazetteerData().cityCandidates(key(toks))
	if len(c) == 0 {
		return nil
	}
	iso := c[0].iso
	if country = strings.TrimSpace(country); country != "" {
		// Another city of that name, of the country that is named; a state or a date behind the comma changes nothing.
		if p := gazetteerData().phrases[fold.Key(country)]; p != nil && slices.ContainsFunc(c, func(x city) bool { return x.iso == p.iso }) {
			iso = p.iso
		}
	}
	return countryZone(iso)
}

// countryZone is the zone of a country, and of one that has several that of its largest cities' press.
func countryZone(iso string) *time.Location {
	name := zoneNames()[iso]
	if name == "" {
		return nil
	}
	// Zones are compiled into the program where the machine has none; without any the stated day stands.
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return z
}

// zoneNames are names of the IANA time zone database by ISO 3166-1 country.
var zoneNames = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"AE": "Asia/Dubai", "AF": "Asia/Kabul", "AR": "America/Argentina/Buenos_Aires", "AT": "Europe/Vienna", "AU": "Australia/Sydney",
		"BD": "Asia/Dhaka", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "BO": "America/La_Paz", "BR": "America/Sao_Paulo",
		"CA": "America/Toronto", "CH": "Europe/Zurich", "CL": "America/Santiago", "CN": "Asia/Shanghai", "CO": "America/Bogota",
		"CR": "America/Costa_Rica", "CU": "America/Havana", "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen",
		"DZ": "Africa/Algiers", "EC": "America/Guayaquil", "EG": "Africa/Cairo", "ES": "Europe/Madrid", "ET": "Africa/Addis_Ababa",
		"FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GH": "Africa/Accra", "GR": "Europe/Athens",
		"GT": "America/Guatemala", "HK": "Asia/Hong_Kong", "HN": "America/Tegucigalpa", "HR": "Europe/Zagreb", "HU": "Europe/Budapest",
		"ID": "Asia/Jakarta", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem", "IN": "Asia/Kolkata", "IQ": "Asia/Baghdad",
		"IR": "Asia/Tehran", "IT": "Europe/Rome", "JM": "America/Jamaica", "JO": "Asia/Amman", "JP": "Asia/Tokyo",
		"KE": "Africa/Nairobi", "KH": "Asia/Phnom_Penh", "KP": "Asia/Pyongyang", "KR": "Asia/Seoul", "KW": "Asia/Kuwait",
		"KZ": "Asia/Almaty", "LB": "Asia/Beirut", "LK": "Asia/Colombo", "LY": "Africa/Tripoli", "MA": "Africa/Casablanca",
		"MM": "Asia/Yangon", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur", "NG": "Africa/Lagos", "NI": "America/Managua",
		"NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "NP": "Asia/Kathmandu", "NZ": "Pacific/Auckland", "OM": "Asia/Muscat",
		"PA": "America/Panama", "PE": "America/Lima", "PH": "Asia/Manila", "PK": "Asia/Karachi", "PL": "Europe/Warsaw",
		"PT": "Europe/Lisbon", "PY": "America/Asuncion", "QA": "Asia/Qatar", "RO": "Europe/Bucharest", "RS": "Europe/Belgrade",
		"RU": "Europe/Moscow", "SA": "Asia/Riyadh", "SD": "Africa/Khartoum", "SE": "Europe/Stockholm", "SG": "Asia/Singapore",
		"SN": "Africa/Dakar", "SO": "Africa/Mogadishu", "SY": "Asia/Damascus", "TH": "Asia/Bangkok", "TN": "Africa/Tunis",
		"TR": "Europe/Istanbul", "TW": "Asia/Taipei", "TZ": "Africa/Dar_es_Salaam", "UA": "Europe/Kyiv", "UG": "Africa/Kampala",
		"US": "America/New_York", "UY": "America/Montevideo", "UZ": "Asia/Tashkent", "VE": "America/Caracas", "VN": "Asia/Ho_Chi_Minh",
		"YE": "Asia/Aden", "ZA": "Africa/Johannesburg", "ZM": "Africa/Lusaka", "ZW": "Africa/Harare",
	}
})

// provenDay is the latest day that the text speaks of as past: the text was written on it or later.
func (d *document) provenDay(ctx context.Context) (latest time.Time, ok bool, err error) {
	for _, f := range d.fields {
		p := &dater{toks: f.tokens(), english: true, lang: d.lang}
		err := p.each(ctx, func(w when) {
			if w.relative {
				return
			}
			if future, known := p.tenseAround(w.from, w.to); future || !known {
				return
			}
			if t, known := firstDay(w.value); known && (!ok || t.After(latest)) {
				latest, ok = t, true
			}
		})
		if err != nil {
			return time.Time{}, false, err
		}
	}
	return latest, ok, nil
}

// firstDay is the first day of a value: of a day, a month, a year or an interval of those.
func firstDay(value string) (time.Time, bool) {
	from, _, _ := strings.Cut(value, "/")
	for _, layout := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, from); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
