// SPDX-License-Identifier: Apache-2.0
// See backup_xml.hpp.
#include "vms/hosts/libvirt/backup_xml.hpp"

#include "vms/hosts/libvirt/xml_nodes.hpp"

namespace switchback::libvirt {

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
                       const std::vector<BackupDisk>& backed_up) {
  pugi::xml_document document;
  pugi::xml_node backup = document.append_child("domainbackup");
  set(backup, "mode", "pull");
  if (since) add(backup, "incremental", since->c_str());
  pugi::xml_node server = add(backup, "server");
  set(server, "transport", "unix");
  set(server, "socket", socket.string());
  pugi::xml_node disks = add(backup, "disks");
  for (const auto& [device, secret_uuid] : backed_up) {
    pugi::xml_node disk = add(disks, "disk");
    set(disk, "name", device);
    set(disk, "backup", "yes");
    set(disk, "type", "file");
    set(disk, "exportname", device);
    if (since) set(disk, "exportbitmap", "dirty-" + device);
    set(add(disk, "driver"), "type", "qcow2");
    pugi::xml_node scratch = add(disk, "scratch");
    set(scratch, "file", site.scratch_path(vm, device).string());
    if (!secret_uuid.empty()) add_encryption(scratch, secret_uuid);
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
