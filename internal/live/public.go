package live

import "encoding/json"

// publicInfo names what of a device's info anyone may see who may see its charts.
// It is a list of what is shown, not of what is hidden: a device may say more of
// its owner's network (address, signal, access point) than is known today.
var publicInfo = []string{"firmware", "chip", "probes", "metrics", "outputs", "capabilities", "reset_reason", "interval_ms"}

// publicPart returns the part of an info that anyone may see.
func publicPart(info map[string]json.RawMessage) json.RawMessage {
	part := map[string]json.RawMessage{}
	for _, name := range publicInfo {
		if value, ok := info[name]; ok {
			part[name] = value
		}
	}
	data, err := json.Marshal(part)
	if err != nil { // cannot be: the values were decoded from JSON
		return nil
	}
	return data
}

// Public returns the device as those may see it who may see charts and history
// only: without what tells of its owner's network. It changes as little as v does.
func (v *DeviceView) Public() *DeviceView {
	if v.Info == nil {
		return v
	}
	p := *v
	p.Info = v.public
	return &p
}

// publicOf returns the form of e for those who may see charts and history only;
// nil where they do not get it.
func publicOf(e Event) Event {
	switch e := e.(type) {
	case *Samples, *Backfill, *Removed, *Tick:
		return e
	case *Changed:
		return &Changed{View: e.View.Public()}
	case *Snapshot:
		p := *e
		p.Devices = make([]*DeviceView, len(e.Devices))
		for i, v := range e.Devices {
			p.Devices[i] = v.Public()
		}
		return &p
	}
	return nil // a kind of event that nobody thought of is not shown
}

// Public is the event's data for those who may see charts and history only, shared
// as that of JSON is; nil for an event that they do not get.
func (e *Entry) Public() []byte {
	e.oncePublic.Do(func() {
		switch p := publicOf(e.Event); p {
		case nil:
		case e.Event:
			e.public = e.JSON()
		default:
			e.public = p.appendJSON(nil)
		}
	})
	return e.public
}
