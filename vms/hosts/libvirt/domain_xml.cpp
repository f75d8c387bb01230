// SPDX-License-Identifier: Apache-2.0
// See domain_xml.hpp.
#include "vms/hosts/libvirt/domain_xml.hpp"

#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

namespace switchback::libvirt {
namespace {

/// The node `path` of child elements below `parent`, made if it is not there.
pugi::xml_node add(pugi::xml_node parent, const char* name, const char* text = nullptr) {
  pugi::xml_node node = parent.append_child(name);
  if (text != nullptr) node.text().set(text);
  return node;
}

void set(pugi::xml_node node, const char* attribute, const std::string& value) {
  node.append_attribute(attribute).set_value(value.c_str());
}

std::string text_of(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, " ", pugi::format_default | pugi::format_no_declaration);
  return out.str();
}

void add_disk(pugi::xml_node devices, const SiteConfig& site, const recovery::VmDisk& disk) {
  pugi::xml_node node = add(devices, "disk");
  set(node, "type", "file");
  set(node, "device", "disk");
  pugi::xml_node driver = add(node, "driver");
  set(driver, "name", "qemu");
  set(driver, "type", "qcow2");
  set(driver, "discard", "unmap");
  set(add(node, "source"), "file", site.volume_path(disk.volume).string());
  pugi::xml_node target = add(node, "target");
  set(target, "dev", disk.device);
  set(target, "bus", "virtio");
}

/// Lets a second writer onto the disk besides the guest: QEMU refuses it otherwise.
void share_disk(pugi::xml_node override_node, std::size_t number) {
  pugi::xml_node device = add(override_node, "qemu:device");
  set(device, "alias", fmt::format("virtio-disk{}", number));
  pugi::xml_node property = add(add(device, "qemu:frontend"), "qemu:property");
  set(property, "name", "share-rw");
  set(property, "type", "bool");
  set(property, "value", "true");
}

}  // namespace

std::string domain_xml(const SiteConfig& site, const recovery::VmDefinition& vm, bool use_kvm) {
  pugi::xml_document document;
  pugi::xml_node domain = document.append_child("domain");
  set(domain, "type", use_kvm ? "kvm" : "qemu");
  set(domain, "xmlns:qemu", "http://libvirt.org/schemas/domain/qemu/1.0");
  add(domain, "name", site.domain_name(vm.name).c_str());
  pugi::xml_node run = add(add(domain, "metadata"), "switchback:run");
  set(run, "xmlns:switchback", kMetadataUri);
  set(run, "id", site.run_id);
  pugi::xml_node memory = add(domain, "memory", "32");
  set(memory, "unit", "MiB");
  add(domain, "vcpu", "1");
  pugi::xml_node type = add(add(domain, "os"), "type", "hvm");
  set(type, "arch", "x86_64");
  set(type, "machine", "pc");
  add(domain, "on_poweroff", "destroy");
  add(domain, "on_reboot", "destroy");
  add(domain, "on_crash", "destroy");
  pugi::xml_node devices = add(domain, "devices");
  for (const recovery::VmDisk& disk : vm.disks)
    add_disk(devices, site, disk);
  pugi::xml_node usb = add(devices, "controller");
  set(usb, "type", "usb");
  set(usb, "model", "none");
  set(add(devices, "memballoon"), "model", "none");
  pugi::xml_node override_node = add(domain, "qemu:override");
  for (std::size_t n = 0; n < vm.disks.size(); ++n)
    share_disk(override_node, n);
  return text_of(document);
}

Result<std::vector<DiskFile>> disk_files(const std::string& xml) {
  pugi::xml_document document;
  if (!document.load_string(xml.c_str()))
    return environment_error("the domain's XML can't be read", "see virsh dumpxml");
  std::vector<DiskFile> files;
  for (const pugi::xml_node disk : document.child("domain").child("devices").children("disk"))
    files.push_back({disk.child("target").attribute("dev").value(),
                     disk.child("source").attribute("file").value()});
  return files;
}

std::string run_id_in_metadata(const std::string& element) {
  pugi::xml_document document;
  if (!document.load_string(element.c_str())) return {};
  return document.first_child().attribute("id").value();
}

std::string checkpoint_xml(const std::string& name, const std::vector<std::string>& devices) {
  pugi::xml_document document;
  pugi::xml_node checkpoint = document.append_child("domaincheckpoint");
  add(checkpoint, "name", name.c_str());
  pugi::xml_node disks = add(checkpoint, "disks");
  for (const std::string& device : devices) {
    pugi::xml_node disk = add(disks, "disk");
    set(disk, "name", device);
    set(disk, "checkpoint", "bitmap");
  }
  return text_of(document);
}

std::string backup_xml(const SiteConfig& site, const std::string& vm,
                       const std::filesystem::path& socket, const std::optional<std::string>& since,
                       const std::vector<std::string>& devices) {
  pugi::xml_document document;
  pugi::xml_node backup = document.append_child("domainbackup");
  set(backup, "mode", "pull");
  if (since) add(backup, "incremental", since->c_str());
  pugi::xml_node server = add(backup, "server");
  set(server, "transport", "unix");
  set(server, "socket", socket.string());
  pugi::xml_node disks = add(backup, "disks");
  for (const std::string& device : devices) {
    pugi::xml_node disk = add(disks, "disk");
    set(disk, "name", device);
    set(disk, "backup", "yes");
    set(disk, "type", "file");
    set(disk, "exportname", device);
    if (since) set(disk, "exportbitmap", "dirty-" + device);
    set(add(disk, "driver"), "type", "qcow2");
    set(add(disk, "scratch"), "file", site.scratch_path(vm, device).string());
  }
  return text_of(document);
}

Result<std::string> backup_socket(const std::string& xml) {
  pugi::xml_document document;
  if (!document.load_string(xml.c_str()))
    return environment_error("the backup's XML can't be read", "see virsh backup-dumpxml");
  return std::string(document.child("domainbackup").child("server").attribute("socket").value());
}

}  // namespace switchback::libvirt
