// SPDX-License-Identifier: Apache-2.0
// Building XML, one word a step.
#pragma once

#include <sstream>
#include <string>

#include <pugixml.hpp>

namespace switchback::libvirt {

/// A new child element.
inline pugi::xml_node add(pugi::xml_node parent, const char* name, const char* text = nullptr) {
  pugi::xml_node node = parent.append_child(name);
  if (text != nullptr) node.text().set(text);
  return node;
}

inline void set(pugi::xml_node node, const char* attribute, const std::string& value) {
  node.append_attribute(attribute).set_value(value.c_str());
}

/// The source of an image that is encrypted with that secret of libvirt.
inline void add_encryption(pugi::xml_node source, const std::string& secret_uuid) {
  pugi::xml_node encryption = add(source, "encryption");
  set(encryption, "format", "luks");
  pugi::xml_node secret = add(encryption, "secret");
  set(secret, "type", "passphrase");
  set(secret, "uuid", secret_uuid);
}

inline std::string text_of(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, " ", pugi::format_default | pugi::format_no_declaration);
  return out.str();
}

}  // namespace switchback::libvirt
