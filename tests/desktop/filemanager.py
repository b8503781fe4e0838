"""Stands in for a file manager: it says what it was asked to show, a line each, and shows nothing."""

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.FileManager1"


class Manager(dbus.service.Object):
    @dbus.service.method(NAME, in_signature="ass")
    def ShowItems(self, uris, _startup_id):
        for uri in uris:
            print(uri, flush=True)


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
owned = dbus.service.BusName(NAME, bus, do_not_queue=True)
manager = Manager(bus, "/org/freedesktop/FileManager1")
GLib.MainLoop().run()
