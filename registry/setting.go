package registry

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/feedmill/feedmill"
)

// SettingKeys are the names of what can be set for a feed, in the order of the documentation.
func SettingKeys() []string {
	return []string{"interval", "min_interval", "user_agent", "secret", "full_text", "revisit", "renderer", "rules", "filters"}
}

// maxFilters bounds the filters of one feed.
const maxFilters = 100

// Set sets one of the SettingKeys from a text; the empty text takes the setting back. The error says what could be written.
func Set(s *feedmill.Settings, key, text string) error {
	text = strings.TrimSpace(text)
	switch key {
	case "interval", "min_interval":
		to, other := &s.Interval, &s.MinInterval
		if key == "min_interval" {
			to, other = other, to
		}
		seconds, err := wholeSeconds(text)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if *to = seconds; seconds > 0 {
			*other = 0 // the one says what the other would
		}
	case "user_agent":
		if len(text) > maxAttribute || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
			return fmt.Errorf("user_agent: want printable ASCII, at most %d bytes", maxAttribute)
		}
		s.UserAgent = text
	case "secret":
		if text != "" && !feedmill.IsSecretName(text) {
			return fmt.Errorf("secret: want the name of a secret: up to 64 of a-z, 0-9, -, _ and .; the secret itself stands in the file of secrets")
		}
		s.Secret = text
	case "full_text", "revisit", "renderer":
		word, err := readSwitch(text)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		switch key {
		case "full_text":
			s.FullText = word
		case "revisit":
			s.Revisit = word
		default:
			s.Renderer = word
		}
	case "rules":
		if text != "" && !feedmill.IsRuleName(text) {
			return fmt.Errorf("rules: want the name of a site rule, that of its file without directory and extension, or off")
		}
		s.Rules = text
	case "filters":
		var all []feedmill.ItemFilter
		if err := yaml.Load([]byte(text), &all, yaml.WithKnownFields()); err != nil && text != "" {
			return fmt.Errorf("filters: want a list such as [{field: title, match: (?i)weather, action: drop}]")
		}
		if err := CheckFilters(all); err != nil {
			return fmt.Errorf("filters: %w", err)
		}
		s.Filters = all
	default:
		return fmt.Errorf("unknown setting %q; the settings are %s", key, strings.Join(SettingKeys(), ", "))
	}
	return nil
}

// CheckFilters says what is wrong with the filters of a feed.
func CheckFilters(all []feedmill.ItemFilter) error {
	if len(all) > maxFilters {
		return fmt.Errorf("%d of them, at most %d are kept", len(all), maxFilters)
	}
	for i, f := range all {
		if f.Match == "" {
			return fmt.Errorf("[%d] has no match; write a regular expression", i)
		}
		if _, err := NewRules([]Rule{{Name: fmt.Sprintf("[%d]", i), Field: f.Field, Match: f.Match, Action: f.Action}}); err != nil {
			return err
		}
	}
	return nil
}

func readSwitch(text string) (feedmill.Switch, error) {
	switch strings.ToLower(text) {
	case "":
		return "", nil
	case "on", "true", "yes":
		return feedmill.On, nil
	case "off", "false", "no":
		return feedmill.Off, nil
	}
	return "", fmt.Errorf("%q is neither on nor off", text)
}

// wholeSeconds reads a duration such as 90s, 15m, 2h or 1d; "" is 0.
func wholeSeconds(text string) (int, error) {
	if text == "" || text == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok && err != nil {
		if d, err = time.ParseDuration(days + "h"); err == nil {
			d *= 24
		}
	}
	const year = 366 * 24 * time.Hour
	if err != nil || d < time.Second || d > year {
		return 0, fmt.Errorf("%q is no time from 1s to a year; write one such as 15m, 2h or 1d", text)
	}
	return int(d / time.Second), nil
}

// Same tells whether two feeds' settings say the same, wherever they stand.
func Same(a, b *feedmill.Settings) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() == b.IsZero()
	}
	x, y := *a, *b
	same := slices.Equal(x.Filters, y.Filters)
	x.Filters, y.Filters = nil, nil
	x.From, y.From = "", ""
	return same && reflect.DeepEqual(x, y)
}
