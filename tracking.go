package feedmill

import "strings"

// TrackingParameter is a query parameter, or several of one origin, that says how a reader came and never what is shown.
type TrackingParameter struct {
	// From is the product or the kind of product that adds it.
	From string
	// Names are in lower case, and compared without regard to it. One that ends in "*" is a prefix.
	Names []string
}

// TrackingParameters are the query parameters that CanonicalURL drops. A name stands here only if it is its owner's own: a
// word that some site may use for what it shows (id, p, page, ref, source, from, sid, cid, campaign, partner, rss) does
// not. The list is part of what identities rest on, see docs/identity.md.
func TrackingParameters() []TrackingParameter {
	return []TrackingParameter{
		{"Urchin, Google Analytics and all who copied it", []string{"utm_*", "ga_source", "ga_medium", "ga_campaign", "ga_content", "ga_term", "ga_place", "_ga", "_gl"}},
		{"Google Ads and Search", []string{"gclid", "gclsrc", "dclid", "gbraid", "wbraid", "srsltid", "gad_source", "gad_campaignid", "gs_l"}},
		{"Facebook, Instagram", []string{"fbclid", "fb_action_ids", "fb_action_types", "fb_ref", "fb_source", "fb_comment_id", "action_object_map", "action_ref_map", "action_type_map", "igshid", "igsh"}},
		{"X", []string{"twclid", "__twitter_impression", "ref_src", "ref_url"}},
		{"Microsoft, LinkedIn, TikTok, Pinterest, Snapchat, Reddit", []string{"msclkid", "li_fat_id", "ttclid", "epik", "sccid", "rdt_cid"}},
		{"Yandex", []string{"yclid", "ysclid", "ymclid", "_openstat"}},
		{"Yahoo", []string{"guccounter", "guce_referrer", "guce_referrer_sig", "soc_src", "soc_trk"}},
		{"Matomo", []string{"mtm_*", "matomo_*", "piwik_campaign", "piwik_keyword", "piwik_kwd", "pk_campaign", "pk_cid", "pk_content", "pk_keyword", "pk_kwd", "pk_medium", "pk_source", "pk_vid"}},
		{"Adobe", []string{"s_cid", "s_kwcid", "ef_id", "sc_campaign", "sc_channel", "sc_cid", "sc_content", "sc_country", "sc_customer", "sc_eh", "sc_geo", "sc_medium", "sc_outcome", "sc_uid", "mkt_tok", "cmpid"}},
		{"Piano (AT Internet)", []string{"xtor", "at_medium", "at_campaign", "at_custom*", "at_link_*", "at_ptr_name", "at_bbc_team", "at_recipient_id", "at_recipient_list"}},
		{"Mapp (Webtrekk)", []string{"wt_mc", "wt.mc_id", "wt_zmc"}},
		{"Comscore", []string{"ns_mchannel", "ns_source", "ns_campaign", "ns_linkname", "ns_fee"}},
		{"Coremetrics", []string{"cm_mmc*", "cm_me", "cm_cr"}},
		{"Parse.ly, Cxense, Chartbeat's kind", []string{"itm_campaign", "itm_content", "itm_medium", "itm_source", "itm_term", "cx_click", "cx_recsorder", "cx_recswidget", "__io_lv", "_io_session_id", "nx_source", "dpg_campaign", "dpg_content", "dpg_medium", "dpg_source"}},
		{"Mailchimp", []string{"mc_cid", "mc_eid", "mc_tc"}},
		{"HubSpot", []string{"_hsenc", "_hsmi", "__hsfp", "__hssc", "__hstc", "hsctatracking", "hsa_*"}},
		{"Other mailings: Vero, Omeda, MailerLite, beehiiv, Klaviyo, Blueshift, dotdigital, Listrak, Bronto, Acoustic, Salesforce, Eloqua, Dynamics, Mindbox", []string{
			"vero_id", "vero_conv", "oly_enc_id", "oly_anon_id", "rb_clickid", "ml_subscriber", "ml_subscriber_hash", "_bhlid", "_ke", "_kx", "bsft_*", "dm_i",
			"trk_contact", "trk_module", "trk_msg", "trk_sid", "_bta_c", "_bta_tid", "spjobid", "spmailingid", "spreportid", "spuserid", "et_rid", "elqtrack", "elqtrackid",
			"_clde", "_cldee", "mindbox-click-id", "mindbox-message-key", "nr_email_referer",
		}},
		{"Attribution: Wicked Reports, Branch, impact.com, Marin, Humble Bundle", []string{"wickedid", "_branch_match_id", "_branch_referrer", "irclickid", "irgwc", "mkwid", "pcrid", "hmb_campaign", "hmb_medium", "hmb_source", "unicorn_click_id"}},
		{"Sessions of PHP, Java, ASP, ColdFusion, osCommerce: who reads, not what", []string{"phpsessid", "jsessionid", "aspsessionid*", "cfid", "cftoken", "oscsid"}},
	}
}

var trackingNames, trackingPrefixes = trackingTables()

func trackingTables() (names map[string]bool, prefixes []string) {
	names = map[string]bool{}
	for _, t := range TrackingParameters() {
		for _, name := range t.Names {
			if prefix, ok := strings.CutSuffix(name, "*"); ok {
				prefixes = append(prefixes, prefix)
			} else {
				names[name] = true
			}
		}
	}
	return names, prefixes
}

// isTracking tells whether a query parameter, named in any case, says only how a reader came.
func isTracking(name string) bool {
	name = strings.ToLower(name)
	if trackingNames[name] {
		return true
	}
	for _, prefix := range trackingPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
