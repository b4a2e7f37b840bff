# Read by cpack for each format: a tarball holds one directory, with bin and share in it.
if(CPACK_GENERATOR MATCHES TGZ)
  set(CPACK_PACKAGING_INSTALL_PREFIX /)
endif()
