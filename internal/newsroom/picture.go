package newsroom

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"image"
	"image/color"
	"image/jpeg"
)

// jpegFor draws a small JPEG of two colours and a horizon that depend on the name alone.
func jpegFor(name string, width, height int) ([]byte, error) {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	sum := h.Sum64()
	sky := color.RGBA{byte(sum), byte(sum >> 8), byte(sum>>16) | 0x80, 0xff}
	ground := color.RGBA{byte(sum >> 24), byte(sum>>32) | 0x40, byte(sum >> 40), 0xff}
	horizon := height/3 + int(sum>>48)%max(1, height/3)
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		c := sky
		if y >= horizon {
			c = ground
		}
		for x := range width {
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 40}); err != nil {
		return nil, fmt.Errorf("newsroom: draw %s: %w", name, err)
	}
	return b.Bytes(), nil
}
