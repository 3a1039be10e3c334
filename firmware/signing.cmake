# Keys that updates are signed with: signing_key_ecdsa.pem for the ESP32, signing_key_rsa.pem for the ESP32-S3 and ESP32-C3.
#
# A device takes only updates that are signed with the key of the firmware that it runs. Whoever builds for the first time gets keys of their own, and
# has to keep them: without them their devices can be updated over USB only. They are never committed (.gitignore).
idf_build_get_property(signing_python PYTHON)

function(coolant_signing_key file)
	set(path ${CMAKE_CURRENT_LIST_DIR}/${file})
	if(EXISTS ${path})
		return()
	endif()
	message(STATUS "Making ${file}; keep it, or devices with this firmware can be updated over USB only")
	execute_process(COMMAND ${signing_python} -m espsecure generate_signing_key ${ARGN} ${path} RESULT_VARIABLE failed)
	if(failed)
		message(FATAL_ERROR "${file} could not be made. Make it with: espsecure.py generate_signing_key ${ARGN} ${path}")
	endif()
endfunction()

coolant_signing_key(signing_key_ecdsa.pem --version 1)
coolant_signing_key(signing_key_rsa.pem --version 2)
